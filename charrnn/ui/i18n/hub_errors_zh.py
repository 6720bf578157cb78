"""Messages of `UserError` about the Hub and about uploaded checkpoints, in 简体中文."""

from __future__ import annotations

from collections.abc import Mapping

HUB_ERRORS: Mapping[str, str] = {
    # what is asked for
    "{model} is not the name of a model on the Hub: write it as owner/name or "
    "owner/name@revision.": (
        "{model} 不是 Hub 上的模型名：请写成 owner/name 或 owner/name@revision。"
    ),
    "{revision} is not a revision: give a branch, a tag or a commit.": (
        "{revision} 不是版本：请给出分支、标签或提交。"
    ),
    "A model is pushed to owner/name: leave out the revision.": (
        "模型上传到 owner/name：请去掉版本。"
    ),
    "{license} is not the name of a license: give one such as mit or cc-by-4.0.": (
        "{license} 不是许可证的名称：请填写 mit 或 cc-by-4.0 之类的名称。"
    ),
    "Cancelled.": "已取消。",
    # the account
    "You are not signed in to the Hub: run `hf auth login` once, or give a token.": (
        "尚未登录 Hub：请运行一次 `hf auth login`，或提供令牌。"
    ),
    "The Hub does not accept this token: sign in again.": "Hub 不接受该令牌：请重新登录。",
    "There is no model {model} on the Hub, or it is private and you may not see it: check the "
    "name, or sign in with an account that may.": (
        "Hub 上没有模型 {model}，或者它是私有的，而你无权查看：请检查名称，或用有权查看的账号登录。"
    ),
    "{model} already exists on the Hub, and you may not see it: choose another name.": (
        "Hub 上已有 {model}，而你无权查看：请换一个名称。"
    ),
    "{model} is gated: request access on its page on the Hub, and sign in.": (
        "{model} 需要授权：请在其 Hub 页面上申请访问，并登录。"
    ),
    "You may not see {model} on the Hub: sign in with an account that may.": (
        "你无权查看 Hub 上的 {model}：请用有权查看的账号登录。"
    ),
    "You may not write to {model}: it must belong to you or to one of your organizations, and "
    "the token must have write access.": (
        "你无权写入 {model}：它须在你自己或你所属组织的名下，且令牌须允许写入。"
    ),
    "{model} is already on the Hub and public: make it private in its settings there, or push "
    "it as public.": ("{model} 已在 Hub 上，且是公开的：请在其设置中改为私有，或以公开方式上传。"),
    # the Hub on a bad day
    "The Hub did not finish within {seconds:g} seconds: try again later.": (
        "Hub 太慢：{seconds:g} 秒内没有完成，请稍后再试。"
    ),
    "The Hub is not responding: try again later.": "Hub 没有回应，请稍后再试。",
    "The Hub sent an unexpected response: try again later.": ("Hub 的回应无法理解，请稍后再试。"),
    "Too many requests to the Hub: try again in a few minutes.": (
        "从这里向 Hub 发出的请求过多：请过几分钟再试。"
    ),
    "Too many requests to the Hub: try again in {seconds} seconds.": (
        "从这里向 Hub 发出的请求过多：请在 {seconds} 秒后再试。"
    ),
    "The Hub has an internal error ({status}): try again later.": (
        "Hub 出了故障（{status}），请稍后再试。"
    ),
    "The Hub cannot be reached: check this machine's network connection.": (
        "连接不上 Hub：请检查这台机器的网络连接。"
    ),
    "HF_HUB_OFFLINE is set, so the Hub is not contacted: unset it, or use a model that is on "
    "this machine.": (
        "已设置 HF_HUB_OFFLINE，因此不访问 Hub：请取消该设置，或使用这台机器上的模型。"
    ),
    "The connection to the Hub was lost: try again.": "与 Hub 的连接中断，请重试。",
    "The connection to the Hub was lost at the last step, so {model} may or may not hold the "
    "model. Look at it on the Hub, or push again: nothing is uploaded twice.": (
        "与 Hub 的连接在最后一步中断，{model} 里可能已有这个模型，也可能没有。请到那里查看，"
        "或再上传一次：不会重复上传。"
    ),
    "The push ended at the last step, so {model} may or may not hold the model. Look at it on "
    "the Hub, or push again: nothing is uploaded twice.": (
        "上传在最后一步结束，{model} 里可能已有这个模型，也可能没有。请到那里查看，或再上传一次："
        "不会重复上传。"
    ),
    "The connection to the Hub was lost at the last step, and {model} is unchanged. Push again: "
    "nothing is uploaded twice.": (
        "与 Hub 的连接在最后一步中断，{model} 仍是原来的内容。请再上传一次：不会重复上传。"
    ),
    "The Hub refused the request for {model} (status {status}): check the name, or try again "
    "later.": ("Hub 拒绝了对 {model} 的请求（状态 {status}）：请检查名称，或稍后再试。"),
    "The Hub has disabled {model}: choose another model.": "Hub 已停用 {model}：请另选一个模型。",
    "Somebody else changed {model} at the same moment, so nothing was pushed: try again.": (
        "{model} 恰好被他人改动，因此没有上传任何内容：请重试。"
    ),
    # what is there
    "{model} has no such revision on the Hub: check the branch, tag or commit.": (
        "{model} 在 Hub 上没有这个版本：请检查分支、标签或提交。"
    ),
    "{model} has a {file} of {size:,.1f} MB, and the limit is {most} MB: choose another model.": (
        "{model} 的 {file} 有 {size:,.1f} MB，而上限是 {most} MB：请另选一个模型。"
    ),
    "{model} is not a charrnn model: it has no {file}.": (
        "{model} 不是 charrnn 模型：缺少 {file}。"
    ),
    "The Hub sent a {file} that differs from the one in {model}: try again.": (
        "从 Hub 收到的 {file} 与 {model} 中的不符，请重试。"
    ),
    "This model is no longer here: choose another one.": "该模型已不在这里：请另选一个。",
    "The model could not be saved on this machine: {why}.": "无法在这台机器上保存该模型：{why}。",
    "Too many models are being opened right now: try again in a minute.": (
        "正在打开的模型太多，请过一分钟再试。"
    ),
    # checkpoints that users bring along
    "{file} is no longer there: choose it again.": "{file} 已不在了：请重新选择。",
    "That file has not been uploaded to this app: choose it again.": (
        "该文件没有上传到本应用：请重新选择。"
    ),
    "There is no model in {file}: choose a {weights}, or the .zip that Download makes.": (
        "{file} 里没有模型：请选择 {weights}，或“下载”所得的 .zip。"
    ),
    "{file} is encrypted, or uses an unsupported compression: choose the {weights} in it.": (
        "{file} 有密码，或用了不支持的压缩方式：请选择其中的 {weights}。"
    ),
    "{file} is a damaged zip archive: create it again, or choose the {weights} in it.": (
        "{file} 是损坏的 zip 压缩包：请重新压缩，或选择其中的 {weights}。"
    ),
    "There is no disk space for another model: try again later, when older ones have been "
    "removed.": ("没有空间再放一个模型：请等较早的被清除后再试。"),
    "There is no disk space for this download, which needs {size:,.1f} MB. Try again later, "
    "when older models have been removed, or free some disk space.": (
        "没有空间存放要下载的文件：需要 {size:,.1f} MB。请等较早的被清除后再试，或腾出磁盘空间。"
    ),
}
