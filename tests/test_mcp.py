"""The same six endpoints as tools for language models, by MCP's own client."""

import asyncio
from concurrent.futures import ThreadPoolExecutor

import endpoints
import pytest

pytest.importorskip("mcp")
from mcp import ClientSession
from mcp.client.streamable_http import streamable_http_client

small, house, url = endpoints.small, endpoints.house, endpoints.url
NAMES = {"train", "stop", "generate", "score", "models", "recipes"}


def in_session(url, ask):
    async def asked():
        async with (
            streamable_http_client(f"{url}gradio_api/mcp/") as (read, write, _),
            ClientSession(read, write) as session,
        ):
            await session.initialize()
            return await ask(session)

    with ThreadPoolExecutor() as pool:  # this thread may have a loop, of the browser's
        return pool.submit(asyncio.run, asked()).result()


def test_exactly_the_six_endpoints_are_tools_and_say_what_they_take(url):
    tools = {tool.name: tool for tool in in_session(url, ClientSession.list_tools).tools}
    assert set(tools) == NAMES
    given = tools["generate"].inputSchema["properties"]
    assert set(given) == {"checkpoint", "prefix", "length", "mode", "alpha", "seed"}
    assert "continue a text" in tools["generate"].description
    assert "/models" in given["checkpoint"]["description"]


def test_a_tool_answers_as_its_endpoint_does(url):
    async def ask(session):
        manner = {"checkpoint": "small", "prefix": "ab", "length": 9, "mode": "greedy"}
        return await session.call_tool("models", {}), await session.call_tool("generate", manner)

    models, text = in_session(url, ask)
    assert not models.isError and not text.isError
    assert "'name': 'small'" in models.content[0].text
    assert text.content[-1].text.startswith("ab") and len(text.content[-1].text) == 11


def test_a_mistake_is_said_in_words(url):
    wanted = {"checkpoint": "nowhere", "text": "abc"}
    answer = in_session(url, lambda session: session.call_tool("score", wanted))
    assert answer.isError
    assert "nowhere" in answer.content[0].text and "Traceback" not in answer.content[0].text
