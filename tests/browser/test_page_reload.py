"""The form of the Train tab after a reload, and back at its defaults, in a real browser."""

import json
import re

import form_page
import pytest
from form_page import choose
from page import wait_until_drawn

expect = pytest.importorskip("playwright.sync_api", exc_type=ImportError).expect
pytest_plugins = ["page"]
app = form_page.app

PASTED = "Le cœur a ses raisons, que la raison ne connaît point. " * 40


def chosen(page, group, value):
    expect(page.locator(f'#train-{group} [value="{value}"]')).to_be_checked()


def paste_field(page):
    return page.locator("#train-paste textarea")


def stored(page, key="charrnn:form"):
    return page.evaluate("key => sessionStorage.getItem(key)", key)


def reload(page):
    page.reload()
    wait_until_drawn(page)
    page.wait_for_function("window.charrnnForm?.ready")


def link(page):
    return page.locator("#train-form-reset button")


def test_a_reload_keeps_text_recipe_settings_and_paste_and_sends_no_paste_for_it(visit):
    page = visit()
    choose(page, "recipe", "coffee")
    choose(page, "recipe", "custom")
    page.locator("#train-settings").get_by_role("button", name="Model").click()
    hidden = page.locator("#setting-hidden_size").get_by_role("textbox")
    hidden.fill("many")  # what is wrong with a value is no reason to lose it
    choose(page, "corpus", "own")
    paste_field(page).fill(PASTED)
    expect(page.locator(".report-preview")).to_contain_text("Le cœur")
    page.wait_for_function("() => sessionStorage.getItem('charrnn:paste')")
    sent = []
    page.on("request", lambda request: sent.append(request.post_data or ""))
    page.reload()
    page.wait_for_function("window.charrnnForm?.ready")
    (form,) = [body for body in sent if '"hidden_size":"many"' in body]
    assert "cœur" not in form, "the stored form goes to the server without the paste"
    chosen(page, "corpus", "own")
    chosen(page, "recipe", "custom")
    expect(paste_field(page)).to_have_value(PASTED)
    expect(page.locator(".report-preview")).to_contain_text("Le cœur")
    expect(page.locator("#train-custom-head")).to_contain_text("Based on Coffee")
    expect(page.locator("#train-custom-head")).to_contain_text("1 changed")
    expect(page.locator("#train-settings-problem")).to_contain_text("Hidden size")
    assert "cœur" not in page.evaluate("JSON.stringify(localStorage)")


def test_another_tab_begins_anew(visit):
    page = visit()
    choose(page, "recipe", "deep")
    page.wait_for_function("() => sessionStorage.getItem('charrnn:form')?.includes('deep')")
    other = page.context.new_page()
    other.goto(page.url)
    other.wait_for_function("window.charrnnForm?.ready")
    chosen(other, "recipe", "sprint")
    other.close()


def test_a_reload_keeps_the_files_and_which_of_paste_and_files_counts(visit, tmp_path):
    page = visit()
    choose(page, "corpus", "own")
    (tmp_path / "it.txt").write_text("from the file " * 40)
    page.locator("#train-files input").set_input_files(tmp_path / "it.txt")
    expect(page.locator(".report-preview")).to_contain_text("from the file")
    paste_field(page).fill("from the paste " * 40)
    expect(page.locator(".report-preview")).to_contain_text("from the paste")
    choose(page, "source", "files")
    expect(page.locator(".report-preview")).to_contain_text("from the file")
    page.wait_for_function(
        "() => JSON.parse(sessionStorage.getItem('charrnn:form')).values.source === 'files'"
    )
    reload(page)
    expect(page.locator(".report-preview")).to_contain_text("from the file")
    chosen(page, "source", "files")
    expect(page.locator("#train-files")).to_contain_text("it")
    expect(paste_field(page)).to_have_value(re.compile("^from the paste"))
    paste_field(page).fill("a new paste " * 40)  # by hand: that one counts
    expect(page.locator(".report-preview")).to_contain_text("a new paste")


def test_files_that_are_gone_are_left_out_and_the_page_works(visit, tmp_path):
    page = visit()
    choose(page, "corpus", "own")
    (tmp_path / "it.txt").write_text("from the file " * 40)
    page.locator("#train-files input").set_input_files(tmp_path / "it.txt")
    expect(page.locator(".report-preview")).to_contain_text("from the file")
    page.wait_for_function("() => sessionStorage.getItem('charrnn:form')?.includes('it.txt')")
    form = json.loads(stored(page))
    form["values"]["files"][0]["path"] = "/etc/passwd"
    page.evaluate("form => sessionStorage.setItem('charrnn:form', form)", json.dumps(form))
    page.evaluate("() => { window.charrnnForm.save = (values) => values; }")
    reload(page)
    chosen(page, "corpus", "own")
    expect(page.locator("#train-files .file-preview")).to_have_count(0)
    expect(page.locator(".report-facts")).to_have_text("Nothing to read yet.")


@pytest.mark.parametrize(
    "kept",
    [
        "no JSON",
        "null",
        "[]",
        '{"version": 2, "values": {"recipe": "deep"}}',
        '{"version": 1, "values": {"recipe": "no such recipe", "corpus": 7, "files": 3}}',
        '{"version": 1, "values": {"recipe": ["deep"], "files": [null], "previous_choice": 1}}',
        '{"version": 1, "values": {"recipe": ["deep"], "base": []}}',
    ],
)
def test_what_is_broken_or_of_another_version_is_left_out(visit, kept):
    page = visit()
    page.evaluate("kept => sessionStorage.setItem('charrnn:form', kept)", kept)
    reload(page)
    chosen(page, "recipe", "sprint")
    chosen(page, "corpus", "tide-clock")
    expect(page.locator("#train-go")).to_have_text(re.compile("Tide.Clock.·.10.s"))
    choose(page, "recipe", "coffee")
    page.wait_for_function("() => sessionStorage.getItem('charrnn:form').includes('coffee')")


def test_a_text_over_a_megabyte_is_not_kept_and_nothing_else_is_lost(visit):
    page = visit()
    choose(page, "corpus", "own")
    paste_field(page).fill("short " * 60)
    page.wait_for_function("() => sessionStorage.getItem('charrnn:paste')")
    paste_field(page).evaluate(  # Playwright takes minutes to type it
        """field => {
          field.value = "a line of a text that is too long to be stored\\n".repeat(22_000);
          field.dispatchEvent(new InputEvent("input", { bubbles: true }));
        }"""
    )
    page.wait_for_function("() => sessionStorage.getItem('charrnn:paste') === null")
    reload(page)
    chosen(page, "corpus", "own")
    expect(paste_field(page)).to_have_value("")


def test_a_chinese_user_finds_the_chinese_text_or_what_they_chose(visit):
    page = visit(locale="zh-CN")
    chosen(page, "corpus", "songs")
    expect(link(page)).to_be_hidden()
    choose(page, "corpus", "tide-clock")
    expect(link(page)).to_have_text("恢复默认")
    page.wait_for_function("() => sessionStorage.getItem('charrnn:form').includes('tide-clock')")
    reload(page)
    chosen(page, "corpus", "tide-clock")
    link(page).click()
    chosen(page, "corpus", "songs")


def test_what_is_chosen_while_the_stored_form_is_on_its_way_stays(visit):
    page = visit()
    choose(page, "recipe", "deep")
    choose(page, "corpus", "python-manual")
    page.wait_for_function("() => sessionStorage.getItem('charrnn:form').includes('python-man')")
    held = []

    def hold(route):
        held.append(route) if '"source"' in (route.request.post_data or "") else route.continue_()

    page.route(re.compile("/queue/join|/run/predict"), hold)
    page.reload()
    wait_until_drawn(page)
    choose(page, "recipe", "night")
    expect(page.locator("#train-go")).to_have_text(re.compile("until it stops improving"))
    (route,) = held
    route.continue_()
    page.wait_for_function("window.charrnnForm?.ready")
    chosen(page, "corpus", "python-manual")
    chosen(page, "recipe", "night")


def test_back_to_defaults_and_back_again(visit):
    page = visit()
    expect(link(page)).to_be_hidden()
    choose(page, "corpus", "own")
    paste_field(page).fill(PASTED)
    choose(page, "recipe", "night")
    expect(page.locator(".report-preview")).to_contain_text("Le cœur")
    link(page).click()
    chosen(page, "corpus", "tide-clock")
    chosen(page, "recipe", "sprint")
    expect(page.locator("#train-go")).to_have_text(re.compile("Tide.Clock.·.10.s"))
    expect(link(page)).to_have_text("Undo")
    link(page).click()
    chosen(page, "recipe", "night")
    expect(paste_field(page)).to_have_value(PASTED)
    expect(link(page)).to_have_text("Back to defaults")
    link(page).click()
    chosen(page, "recipe", "sprint")
    choose(page, "recipe", "coffee")  # something new: there is nothing to go back to
    expect(link(page)).to_have_text("Back to defaults")
