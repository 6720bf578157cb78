"""The app has one page, whatever a query says."""

import pytest
from starlette.applications import Starlette
from starlette.middleware import Middleware
from starlette.requests import Request
from starlette.responses import JSONResponse
from starlette.routing import Route
from starlette.testclient import TestClient

from charrnn.ui import launch_options
from charrnn.ui.server.page_query import OnePageMiddleware


async def queried(request: Request) -> JSONResponse:
    """What reaches the app of a query."""
    return JSONResponse(request.query_params.multi_items())


@pytest.fixture
def client():
    return TestClient(
        Starlette(routes=[Route("/", queried)], middleware=[Middleware(OnePageMiddleware)])
    )


@pytest.mark.parametrize(
    ("query", "left"),
    [
        ("page=x", []),
        ("page=", []),
        ("%70age=x", []),
        ("page=x&page=y&run=a%20b", [["run", "a b"]]),
        ("model=ada/songs@main&page=train", [["model", "ada/songs@main"]]),
        ("run=%E5%88%86&page=%FF", [["run", "分"]]),
        ("run=1&empty=", [["run", "1"], ["empty", ""]]),
        ("", []),
    ],
)
def test_a_query_loses_its_page_and_nothing_else(client, query, left):
    assert client.get(f"/?{query}").json() == left


def test_the_app_takes_pages_out_of_queries():
    middleware = launch_options()["app_kwargs"]["middleware"]
    assert OnePageMiddleware in [one.cls for one in middleware]
