"""Spaces on the Hub on loopback (`hub_server`).

spaces = Spaces(hub)        from here on the Hub has Spaces as well
spaces.repos["ada/app"]     as the models in `hub.repos`
spaces.about["ada/app"]     its sdk and hardware
spaces.refusal = (402, "…") what is said to who creates one, or asks for hardware
"""

import json

from hub_answers import refusal
from hub_server import Hub, Repo
from starlette.responses import JSONResponse

FIRST = {".gitattributes": b"*.safetensors filter=lfs\n", "README.md": b"---\nsdk: gradio\n---\n"}


class Spaces(Hub):
    """The Spaces of a Hub, with its users, its large files and its bad days."""

    def __init__(self, hub):
        super().__init__()
        self.hub, self.about, self.refusal = hub, {}, None
        self.address, self.large, self.tokens = hub.address, hub.large, hub.tokens
        self._models = hub.handle
        hub.handle = self.handle  # until it is put back

    def put_back(self):
        del self.hub.handle

    def add(self, name, files, *, sdk="gradio", hardware="cpu-basic", **about):
        self.about[name] = {"sdk": sdk, "hardware": hardware}
        return super().add(name, files, **about)

    async def handle(self, request, parts):
        self.faults = self.hub.faults
        match (request.method, *parts):
            case ("POST", "api", "repos", "create"):
                asked = json.loads(await request.body())
                return (
                    self.create(request, asked)
                    if asked.get("type") == "space"
                    else (await self._models(request, parts))
                )
            case (_, "api", "spaces", owner, name, *rest):
                return await self.of_repo(request, f"{owner}/{name}", rest)
            case ("POST", "spaces", _, _, "info", "lfs", "objects", "batch"):
                return self.batch(json.loads(await request.body()))
        return await self._models(request, parts)

    async def of_repo(self, request, name, rest):
        if request.method == "POST" and rest == ["hardware"]:
            if self.refusal:
                return refusal(self.refusal[0], message=self.refusal[1])
            self.about[name]["hardware"] = json.loads(await request.body())["flavor"]
            return JSONResponse(self.runtime(name))
        answer = await super().of_repo(request, name, rest)
        if request.method == "GET" and not rest and answer.status_code == 200:
            about = {"sdk": self.about[name]["sdk"], "runtime": self.runtime(name)}
            return JSONResponse(json.loads(answer.body) | about)
        return answer

    def runtime(self, name):
        hardware = {"current": None, "requested": self.about[name]["hardware"]}
        return {"stage": "BUILDING", "hardware": hardware, "gcTimeout": None}

    def create(self, request, asked):
        owner = asked.get("organization") or self.who(request)[0]
        if not self.may_write(request, owner):
            return refusal(403, message="You don't have the rights to create a space under this")
        if self.refusal:
            return refusal(self.refusal[0], message=self.refusal[1])
        name = f"{owner}/{asked['name']}"
        self.about[name] = {"sdk": asked["sdk"], "hardware": asked.get("hardware", "cpu-basic")}
        repo = self.repos[name] = Repo(name, private=asked.get("visibility") == "private")
        repo.commits[0] = (repo.sha, dict(FIRST))
        return JSONResponse({"url": f"{self.address}/spaces/{name}"})
