"""The form of the Train tab after a reload, in a real browser."""

import json
import re

import form_page
import pytest
from form_page import (
    change_setting,
    choose,
    chosen,
    expect,
    paste_field,
    reset_link,
    unfold,
)
from page import paste, wait_until_drawn

pytest_plugins = ["page", "shared_pages"]
app = form_page.app
form = form_page.form

PASTED = "Le cœur a ses raisons, que la raison ne connaît point. " * 40


# Restores the stored form and saves it when Gradio has set only its first field, while the user has
# chosen a recipe or nothing. Returns the text and recipe that are sent, and those that are stored.
SAVE_HALF_RESTORED = """(recipe) => {
  const { values } = JSON.parse(sessionStorage.getItem("charrnn:form"));
  const [first, ...rest] = Object.keys(values);
  const names = [first, "paste", ...rest];
  const fresh = { ...values, corpus: "tide-clock", paste: "", recipe: "sprint" };
  window.charrnnForm.restore([...names.map((name) => fresh[name]), { values, files: [] }]);
  const half = { ...fresh, corpus: values.corpus, recipe: recipe ?? "sprint" };
  const sent = window.charrnnForm.save(names.map((name) => half[name]));
  const stored = JSON.parse(sessionStorage.getItem("charrnn:form")).values;
  return [[sent[0], sent[names.indexOf("recipe")]], [stored.corpus, stored.recipe]];
}"""


def stored(page, key="charrnn:form"):
    return page.evaluate("key => sessionStorage.getItem(key)", key)


def reload(page):
    page.reload()
    wait_until_drawn(page)
    page.wait_for_function("window.charrnnForm?.ready")


def test_a_reload_keeps_text_recipe_settings_and_paste_and_sends_no_paste_for_it(form):
    page = form()
    choose(page, "recipe", "coffee")
    choose(page, "recipe", "custom")
    unfold(page, "Model")
    change_setting(page, "hidden_size", "many")  # a wrong value is no reason to lose it
    choose(page, "corpus", "own")
    paste_field(page).fill(PASTED)
    expect(page.locator(".report-preview")).to_contain_text("Le cœur")
    page.wait_for_function("() => sessionStorage.getItem('charrnn:paste')")
    sent = []

    def note(request):
        sent.append(request.post_data or "")

    page.on("request", note)
    reload(page)
    page.remove_listener("request", note)
    (restored,) = [body for body in sent if '"hidden_size":"many"' in body]
    assert "cœur" not in restored, "the stored form goes to the server without the paste"
    chosen(page, "corpus", "own")
    chosen(page, "recipe", "custom")
    expect(paste_field(page)).to_have_value(PASTED)
    expect(page.locator(".report-preview")).to_contain_text("Le cœur")
    expect(page.locator("#train-custom-head")).to_contain_text("Based on Coffee")
    expect(page.locator("#train-custom-head")).to_contain_text("1 changed")
    expect(page.locator("#train-settings-problem")).to_contain_text("Hidden size")
    elsewhere = page.evaluate("JSON.stringify(localStorage)")
    assert not re.search("cœur|coffee|hidden_size", elsewhere), "another tab begins anew"


def test_a_form_that_is_half_restored_is_sent_and_kept_as_a_whole(form):
    page = form()
    choose(page, "recipe", "coffee")
    choose(page, "corpus", "own")
    paste_field(page).fill(PASTED)
    expect(page.locator(".report-preview")).to_contain_text("Le cœur")
    page.wait_for_function("() => sessionStorage.getItem('charrnn:paste')")
    for changed_meanwhile, kept in ((None, ["own", "coffee"]), ("deep", ["own", "deep"])):
        assert page.evaluate(SAVE_HALF_RESTORED, changed_meanwhile) == [kept, kept]


def test_a_reload_keeps_the_files_and_which_of_paste_and_files_counts(form, tmp_path):
    page = form()
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


def test_files_that_are_gone_are_left_out_and_the_page_works(form, tmp_path):
    page = form()
    choose(page, "corpus", "own")
    (tmp_path / "it.txt").write_text("from the file " * 40)
    page.locator("#train-files input").set_input_files(tmp_path / "it.txt")
    expect(page.locator(".report-preview")).to_contain_text("from the file")
    page.wait_for_function("() => sessionStorage.getItem('charrnn:form')?.includes('it.txt')")
    kept = json.loads(stored(page))
    kept["values"]["files"][0]["path"] = "/etc/passwd"
    keep(page, json.dumps(kept))
    page.evaluate("() => { window.charrnnForm.save = (values) => values; }")
    reload(page)
    chosen(page, "corpus", "own")
    expect(page.locator("#train-files .file-preview")).to_have_count(0)
    expect(page.locator(".report-facts")).to_have_text("Nothing to read yet.")


def keep(page, text):
    page.evaluate("text => sessionStorage.setItem('charrnn:form', text)", text)


@pytest.mark.parametrize(
    "kept",
    [
        "no JSON",
        '{"version": 1, "values": {"recipe": ["deep"], "files": [null], "previous_choice": 1}}',
    ],
)
def test_what_is_broken_or_of_another_version_is_left_out(form, kept):
    page = form()
    for unreadable in ("null", "[]", '{"version": 2, "values": {"recipe": "deep"}}'):
        keep(page, unreadable)
        assert page.evaluate("window.charrnnForm.stored()") == [None]
    keep(page, kept)
    reload(page)
    chosen(page, "recipe", "sprint")
    chosen(page, "corpus", "tide-clock")
    expect(page.locator("#train-go")).to_have_text(re.compile("Tide.Clock.·.10.s"))
    choose(page, "recipe", "coffee")
    page.wait_for_function("() => sessionStorage.getItem('charrnn:form').includes('coffee')")


@pytest.mark.stress
def test_a_text_over_a_megabyte_is_not_kept_and_nothing_else_is_lost(form):
    page = form()
    choose(page, "corpus", "own")
    paste_field(page).fill("short " * 60)
    page.wait_for_function("() => sessionStorage.getItem('charrnn:paste')")
    paste(paste_field(page), "a line of a text that is too long to be stored\n" * 22_000)
    page.wait_for_function("() => sessionStorage.getItem('charrnn:paste') === null")
    reload(page)
    chosen(page, "corpus", "own")
    expect(paste_field(page)).to_have_value("")


def test_a_chinese_visitor_finds_the_chinese_text_or_what_they_chose(form):
    page = form(locale="zh-CN")
    chosen(page, "corpus", "songs")
    expect(reset_link(page)).to_be_hidden()
    choose(page, "corpus", "tide-clock")
    expect(reset_link(page)).to_have_text("恢复默认")
    page.wait_for_function("() => sessionStorage.getItem('charrnn:form').includes('tide-clock')")
    reload(page)
    chosen(page, "corpus", "tide-clock")
    reset_link(page).click()
    chosen(page, "corpus", "songs")


def test_what_is_chosen_while_the_stored_form_is_on_its_way_stays(form):
    page = form()
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
