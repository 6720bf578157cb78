"""What the Hub on loopback (`hub_server`) says, in the shape that the Hub has."""

import hashlib

import yaml
from starlette.responses import JSONResponse


def refusal(status, code=None, message="no", headers=None):
    headers = dict(headers or {}) | ({"X-Error-Code": code} if code else {})
    return JSONResponse({"error": message}, status, headers | {"X-Error-Message": message})


def described(repo, commit):
    """A repository in the Hub's words."""
    siblings = []
    for name, data in commit[1].items():
        about = {"rfilename": name, "size": len(data), "blobId": git(data)}
        if name.endswith(".safetensors"):
            digest = hashlib.sha256(data).hexdigest()
            about["lfs"] = {"sha256": digest, "size": len(data), "pointerSize": 134}
        siblings.append(about)
    card = metadata(commit[1])
    return {
        "id": repo.name,
        "sha": commit[0],
        "private": repo.private,
        "gated": repo.gated,
        "disabled": False,
        "downloads": repo.downloads,
        "likes": repo.likes,
        "lastModified": repo.updated.strftime("%Y-%m-%dT%H:%M:%S.%fZ"),
        "tags": card.get("tags", []),
        "cardData": card,
        "siblings": siblings,
    }


def tree(commit):
    """The files of a commit in the Hub's words."""
    files = []
    for name, data in commit[1].items():
        about = {"type": "file", "path": name, "size": len(data), "oid": git(data)}
        if name.endswith(".safetensors"):
            digest = hashlib.sha256(data).hexdigest()
            about["lfs"] = {"oid": digest, "size": len(data), "pointerSize": 134}
        files.append(about)
    return files


def metadata(files):
    """The YAML at the top of a repository's card."""
    text = files.get("README.md", b"").decode("utf-8", "replace")
    return (yaml.safe_load(text.split("---\n")[1]) or {}) if text.startswith("---\n") else {}


def mode(repo, path):
    large, there = path.endswith(".safetensors"), repo.files.get(path)
    oid = there and (hashlib.sha256(there).hexdigest() if large else git(there))
    kind = "lfs" if large else "regular"
    return {"path": path, "uploadMode": kind, "shouldIgnore": False, "oid": oid}


def git(data):
    """The SHA-1 that git gives to a file."""
    return hashlib.sha1(b"blob %d\0" % len(data) + data).hexdigest()


def card(title, perplexity, tag="charrnn"):
    """A card as strangers may write it."""
    return (
        f"---\ntags: [{tag}]\nmodel-index:\n- name: {title}\n  results:\n  - task: {{type: x}}\n"
        f"    dataset: {{type: text, name: t}}\n    metrics: [{{type: perplexity, value: "
        f"{perplexity}}}]\n---\n# card\n"
    ).encode()
