"""A Hub on loopback: as much of it as huggingface_hub's own client asks for.

    with serving() as hub:
        hub.token("ada")                      a token of that user
        hub.add("ada/tide", files)            a repository, as if pushed
        HfApi(hub.address, token=…)

`Hub.faults` make it behave as a Hub does on a bad day; `Hub.asked` is what it was asked.
"""

import asyncio
import base64
import json
import secrets
import threading
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import datetime, timezone

import uvicorn
import yaml
from hub_answers import described, git, metadata, mode, refusal, tree
from starlette.applications import Starlette
from starlette.responses import JSONResponse, Response, StreamingResponse
from starlette.routing import Route

CHUNK = 1 << 14


@dataclass
class Repo:
    """A repository: its files by name, commit by commit, the first of them empty."""

    name: str
    private: bool = False
    gated: str | bool = False
    granted: set = field(default_factory=set)  # users whom a gated one lets in
    commits: list = field(default_factory=lambda: [(secrets.token_hex(20), {})])
    tags: dict = field(default_factory=dict)
    downloads: int = 0
    likes: int = 0
    updated: datetime = field(default_factory=lambda: datetime.now(timezone.utc))

    @property
    def files(self):
        return self.commits[-1][1]

    @property
    def sha(self):
        return self.commits[-1][0]

    def commit(self, files):
        self.commits.append((secrets.token_hex(20), dict(files)))
        self.updated = datetime.now(timezone.utc)
        return self.sha

    def at(self, revision):
        """The commit of a branch, a tag or an id; None if there is none."""
        wanted = self.sha if revision == "main" else self.tags.get(revision, revision)
        return next((c for c in self.commits if c[0] == wanted), None)


@dataclass
class Faults:
    """What goes wrong. `status` answers everything so; `on` only what has this in its path."""

    status: int | None = None
    on: str = ""
    headers: dict = field(default_factory=dict)
    body: bytes | None = None  # an answer of this instead of the right one, with status 200
    cut_after: int | None = None  # bytes of a file after which its connection ends
    cuts: int = 0  # how many times
    hangs_up: int = 0  # times that it ends the connection in the midst of what it is sent
    silent: bool = False  # says nothing
    pause: float = 0.0  # seconds between two pieces of a file
    before_commit: object = None  # called when a commit has arrived


class Hub:
    """The state of the Hub, to be changed and looked at by tests."""

    def __init__(self):
        self.address = ""
        self.forget()

    def forget(self):
        """As on the first day."""
        self.repos, self.tokens, self.large = {}, {}, {}
        self.asked, self.faults = [], Faults()
        self.begun = []  # from which byte on the weights were asked for

    def token(self, user, *, write=True):
        """A new token of a user; one that may not write is for reading."""
        token = f"hf_{'write' if write else 'read'}{secrets.token_hex(12)}"
        self.tokens[token] = (user, write)
        return token

    def add(self, name, files, **about):
        """A repository with these files in one commit."""
        repo = self.repos[name] = Repo(name, **about)
        repo.commit(files)
        return repo

    def paths(self, method="GET"):
        """What was asked by this method, in order."""
        return [path for m, path, _ in self.asked if m == method]

    # Who asks

    def who(self, request):
        given = request.headers.get("authorization", "").removeprefix("Bearer ")
        return self.tokens.get(given, (None, False))

    def may_write(self, request, owner):
        user, write = self.who(request)
        return write and owner == user

    # Answers

    async def answer(self, request):
        path = request.url.path
        self.asked.append((request.method, path, request.headers.get("authorization")))
        faults = self.faults
        if faults.hangs_up and faults.on in path:
            faults.hangs_up -= 1
            return StreamingResponse(self.broken(request), headers={"Content-Length": "9"})
        await request.body()
        if faults.on in path:
            while faults.silent and faults is self.faults:
                await asyncio.sleep(0.02)
            if faults.body is not None and request.method != "HEAD":
                return Response(faults.body, media_type="application/json")
            if faults.status is not None:
                return refusal(faults.status, headers=faults.headers)
        given = request.headers.get("authorization")
        if given and given.removeprefix("Bearer ") not in self.tokens:
            return refusal(401, message="Invalid credentials in Authorization header")
        return await self.handle(request, path.strip("/").split("/"))

    async def handle(self, request, parts):
        match (request.method, *parts):
            case ("GET", "api", "whoami-v2"):
                user, _ = self.who(request)
                return JSONResponse({"name": user, "type": "user"}) if user else refusal(401)
            case ("POST", "api", "repos", "create"):
                return self.create(request, json.loads(await request.body()))
            case ("POST", "api", "validate-yaml"):
                content = json.loads(await request.body())["content"]
                yaml.safe_load(content.split("---\n")[1]) if content.startswith("---\n") else None
                return JSONResponse({"errors": [], "warnings": []})
            case ("GET", "api", "models"):
                return self.listing(request)
            case ("PUT", "large", digest):
                self.large[digest] = await request.body()
                return Response()
            case ("POST", "verify"):
                said = json.loads(await request.body())
                whole = len(self.large.get(said["oid"], b"")) == said["size"]
                return Response() if whole else refusal(422)
            case (_, "api", "models", owner, name, *rest):
                return await self.of_repo(request, f"{owner}/{name}", rest)
            case ("POST", owner, name, "info", "lfs", "objects", "batch"):
                return self.batch(json.loads(await request.body()))
            case ("GET" | "HEAD", owner, name, "resolve", revision, *rest):
                return self.file(request, f"{owner}/{name}", revision, "/".join(rest))
        return refusal(404)

    def seen(self, request, name):
        """The repository and None, or None and the answer to whoever may not see it."""
        repo, (user, _) = self.repos.get(name), self.who(request)
        owner = name.partition("/")[0]
        if repo is None or (repo.private and user != owner):
            return None, refusal(404 if user else 401, "RepoNotFound")
        if repo.gated and user != owner and user not in repo.granted:
            return repo, refusal(403 if user else 401, "GatedRepo")
        return repo, None

    async def of_repo(self, request, name, rest):
        repo, refused = self.seen(request, name)
        if repo is None:
            return refused
        owner = name.partition("/")[0]
        match (request.method, *rest):
            case ("GET",):
                return JSONResponse(described(repo, repo.commits[-1]))
            case ("GET", "revision", revision):
                commit = repo.at(revision)
                described_ = commit and JSONResponse(described(repo, commit))
                return described_ or refusal(404, "RevisionNotFound")
            case ("GET", "tree", revision):  # asked by `hf download`
                commit = repo.at(revision)
                return JSONResponse(tree(commit)) if commit else refusal(404, "RevisionNotFound")
            case ("GET", "auth-check", *how):
                if how and not self.may_write(request, owner):
                    return refusal(403)
                return refused or Response()
            case ("POST", "preupload", _):
                asked = json.loads(await request.body())["files"]
                return JSONResponse({"files": [mode(repo, file["path"]) for file in asked]})
            case ("POST", "commit", _):
                if not self.may_write(request, owner):
                    return refusal(403)
                return self.commit(repo, (await request.body()).splitlines())
        return refusal(404)

    def create(self, request, asked):
        user, _ = self.who(request)
        owner = asked.get("organization") or user
        name = f"{owner}/{asked['name']}"
        if not self.may_write(request, owner):
            return refusal(401 if user is None else 403)
        if name in self.repos:
            return refusal(409, message="You already created this model repo")
        self.repos[name] = Repo(name, private=asked.get("visibility") == "private")
        return JSONResponse({"url": f"{self.address}/{name}"})

    def batch(self, asked):
        objects = []
        for wanted in asked["objects"]:
            href, digest = f"{self.address}/large/{wanted['oid']}", wanted["oid"]
            actions = {"upload": {"href": href}, "verify": {"href": f"{self.address}/verify"}}
            stored = digest in self.large
            objects.append(wanted if stored else wanted | {"actions": actions})
        return JSONResponse({"transfer": "basic", "objects": objects})

    def commit(self, repo, lines):
        if callable(self.faults.before_commit):
            self.faults.before_commit()
        files = dict(repo.files)
        for line in map(json.loads, lines):
            value = line["value"]
            match line["key"]:
                case "header":
                    if value.get("parentCommit") not in (None, repo.sha):
                        return refusal(412)
                case "file":
                    files[value["path"]] = base64.b64decode(value["content"])
                case "lfsFile":
                    files[value["path"]] = self.large[value["oid"]]
                case "deletedFile":
                    del files[value["path"]]
        sha = repo.commit(files)
        return JSONResponse(
            {"commitUrl": f"{self.address}/{repo.name}/commit/{sha}", "commitOid": sha}
        )

    def file(self, request, name, revision, path):
        repo, refused = self.seen(request, name)
        if refused is not None:
            return refused
        commit = repo.at(revision)
        if commit is None:
            return refusal(404, "RevisionNotFound")
        if path not in commit[1]:
            return refusal(404, "EntryNotFound")
        data = commit[1][path]
        begin, headers = 0, {"X-Repo-Commit": commit[0], "ETag": f'"{git(data)}"'}
        if asked := request.headers.get("range"):
            begin = int(asked.removeprefix("bytes=").rstrip("-"))
            headers["Content-Range"] = f"bytes {begin}-{len(data) - 1}/{len(data)}"
        headers["Content-Length"] = str(len(data) - begin)
        if path.endswith(".safetensors") and request.method == "GET":
            self.begun.append(begin)
        body = self.sent(data[begin:]) if request.method == "GET" else b""
        kind = StreamingResponse if request.method == "GET" else Response
        return kind(body, 206 if asked else 200, headers)

    async def sent(self, data):
        sent = 0
        for start in range(0, len(data), CHUNK):
            faults = self.faults
            if faults.cut_after is not None and sent >= faults.cut_after and faults.cuts > 0:
                faults.cuts -= 1
                raise ConnectionAbortedError
            yield (piece := data[start : start + CHUNK])
            sent += len(piece)
            await asyncio.sleep(faults.pause)

    async def broken(self, request):
        async for _ in request.stream():
            raise ConnectionAbortedError
        yield b""

    def listing(self, request):
        asked, (user, _) = request.query_params, self.who(request)
        found = [
            repo
            for name, repo in self.repos.items()
            if (not repo.private or name.partition("/")[0] == user)
            and asked.get("search", "").lower() in name.lower()
            and asked.get("author", name.partition("/")[0]) == name.partition("/")[0]
            and set(asked.getlist("filter")) <= set(metadata(repo.files).get("tags", []))
        ]
        key = {"lastModified": "updated"}.get(asked.get("sort", "likes"), asked.get("sort"))
        found.sort(key=lambda repo: getattr(repo, key), reverse=True)
        found = found[: int(asked.get("limit", 100))]
        told = json.dumps([described(repo, repo.commits[-1]) for repo in found])
        return Response(told, media_type="application/json")  # with NaN, if somebody wrote that


@contextmanager
def serving():
    """A Hub on a free port of 127.0.0.1."""
    hub = Hub()
    every = ["GET", "HEAD", "POST", "PUT", "DELETE"]
    app = Starlette(routes=[Route("/{path:path}", hub.answer, methods=every)])
    with listening(app) as hub.address:
        yield hub


@contextmanager
def listening(app):
    """The address at which an app answers, on a free port of 127.0.0.1."""
    config = uvicorn.Config(
        app, port=0, log_level="critical", lifespan="off", timeout_graceful_shutdown=1
    )
    server = uvicorn.Server(config)
    thread = threading.Thread(target=server.run, daemon=True)
    thread.start()
    while not server.started:
        thread.join(0.01)
        assert thread.is_alive() or server.started, "the Hub on loopback did not start"
    try:
        yield f"http://127.0.0.1:{server.servers[0].sockets[0].getsockname()[1]}"
    finally:
        server.should_exit = True
        server.force_exit = True
        thread.join(10)
