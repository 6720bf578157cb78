"""The Generate tab, in a real browser: its models, chosen, carried over and found again."""

import re

import generate_page
import pytest
from generate_page import button, choose, expect, prefix, press, text
from page import wait_until_drawn

pytest_plugins = ["page"]
app = generate_page.app
fox = generate_page.fox
open_tab = generate_page.open_tab
root = generate_page.root
trained = generate_page.trained


def carry_over(page):
    page.get_by_role("button", name=re.compile("Generate with it|用它生成")).click()
    expect(button(page, "generate")).to_be_visible()


def listed(page):
    page.get_by_label(re.compile("^(Model|模型)$")).click()
    options = page.get_by_role("option").all_inner_texts()
    page.keyboard.press("Escape")
    return options


def chosen(page, what):
    expect(page.get_by_label(re.compile("^(Model|模型)$"))).to_have_value(re.compile(what))


def test_another_model_changes_a_suggested_prefix_but_not_a_typed_one(open_tab):
    page = open_tab()
    choose(page, "Heavy")
    expect(prefix(page)).to_have_value("a heavy")
    expect(page.locator(".next-char h2")).to_contain_text("a heavy")
    prefix(page).fill("mine")
    choose(page, "Fox")
    expect(page.get_by_label("Model", exact=True)).to_have_value(re.compile("Fox"))
    expect(prefix(page)).to_have_value("mine")


@pytest.mark.parametrize("locale", ["en-US", "zh-CN"])
def test_a_reload_keeps_the_model_and_all_runs(visit, app, trained, locale):
    first, second = trained(), trained()
    page = visit(f"?run={first}", locale=locale)
    carry_over(page)
    chosen(page, r"Fox · .* · 10\s(s|秒)")
    page.goto(f"{app}?run={second}")
    wait_until_drawn(page)
    carry_over(page)
    chosen(page, second[:4])
    for _ in range(2):
        options = " ".join(listed(page))
        assert first[:4] in options
        assert second[:4] in options
        page.goto(app)
        wait_until_drawn(page)
        page.get_by_role("tab", name=re.compile("Generate|生成")).click()
        chosen(page, second[:4])
    press(page, "generate")
    choose(page, first[:4])
    page.reload()
    wait_until_drawn(page)
    page.get_by_role("tab", name=re.compile("Generate|生成")).click()
    chosen(page, first[:4])
    before = text(page)
    press(page, "continue")
    assert text(page).startswith(before)


def test_a_deleted_model_is_replaced_by_the_default(visit, root, trained):
    run = trained()
    page = visit(f"?run={run}")
    carry_over(page)
    chosen(page, r"Fox · .* · 10\ss")
    (root / "runs" / run / "checkpoint" / "model.safetensors").unlink()
    button(page, "generate").click()
    expect(page.locator("#generate-problem-checkpoint .problem")).to_contain_text(
        "not saved a model"
    )
    page.reload()
    wait_until_drawn(page)
    page.get_by_role("tab", name="Generate").click()
    chosen(page, "^Fox · (?!.*10\\ss)")
