"""The app's MCP server, asked by the official client over streamable HTTP."""

import asyncio
from concurrent.futures import ThreadPoolExecutor

import httpx
from mcp import ClientSession
from mcp.client.streamable_http import streamable_http_client


def in_session(url, ask, headers=None):
    """What `ask` makes of a session, which has sent these headers with each of its requests."""

    async def asked():
        async with (
            httpx.AsyncClient(headers=headers, timeout=60) as client,
            streamable_http_client(f"{url}gradio_api/mcp/", http_client=client) as (read, write, _),
            ClientSession(read, write) as session,
        ):
            await session.initialize()
            return await ask(session)

    with ThreadPoolExecutor() as pool:  # this thread may have a loop, of the browser's
        return pool.submit(asyncio.run, asked()).result()


def call(url, tool, arguments, headers=None):
    return in_session(url, lambda session: session.call_tool(tool, arguments), headers)


def result(url, tool, /, **arguments):
    """The structured result of a tool."""
    answer = call(url, tool, arguments)
    assert not answer.isError, answer.content
    return answer.structuredContent


def refusal(url, tool, arguments, headers=None):
    """The sentence by which a tool refuses a call."""
    return refusals(url, [(tool, arguments)], headers)[0]


def refusals(url, calls, headers=None):
    """The sentence by which each call is refused."""

    async def ask(session):
        return [await session.call_tool(tool, arguments) for tool, arguments in calls]

    answers = in_session(url, ask, headers)
    assert all(answer.isError and answer.structuredContent is None for answer in answers)
    return [answer.content[0].text for answer in answers]
