"""A text of one's own that the app can't take: said beside its field, in a real browser."""

import form_page
import page as pages
import pytest
from form_page import choose, expect, paste_field
from grids import in_stress
from launching import app_context, serving

pytest_plugins = ["page", "shared_pages"]
form = form_page.form

MB = 1 << 20
MOST = 2 * MB  # of a request, where an upload may have one
TOO_LARGE = (
    "This request is larger than 2 MB, the limit here. Upload a long text as a file instead."
)
SAID = {
    "en-US": {
        "large": "These files have 1.1 MB, and the limit for a run here is 1 MB.",
        "share": "MB more. Delete some of your runs or models",
    },
    "zh-CN": {
        "large": "这些文件共 1.1 MB，这里一次训练最多 1 MB。",
        "share": "请删除",
    },
}


@pytest.fixture(scope="module")
def app(tmp_path_factory):
    """The address of an app whose visitors may upload 1 MB at a time, and keep 10 in all."""
    root = tmp_path_factory.mktemp("app")
    with app_context(root, upload_mb=1, disk_mb_per_visitor=10) as context, serving(context) as url:
        yield url


@pytest.fixture
def own_text(form):
    """Returns the page that the tests share, where a text of one's own is to be given."""

    def page_of(**how):
        page = form(**how)
        choose(page, "corpus", "own")
        expect(paste_field(page)).to_be_visible()
        return page

    return page_of


def paste_characters(page, count, start="pasted: "):
    """Put a text of so many characters into the field, as one paste does."""
    field = paste_field(page)
    pages.paste(field, start + ("abcd ef\n" * (count // 8))[len(start) :])
    return field


def length(field):
    return field.evaluate("field => field.value.length")


@pytest.mark.stress  # the browser takes long over it
def test_a_paste_that_is_too_large_is_told_at_once_and_kept(own_text):
    page = own_text()
    problem, report = page.locator("#train-own-problem"), page.locator("#train-report")
    sent = []

    def note(request):
        sent.append(len(request.post_data_buffer or b""))

    page.on("request", note)
    field = paste_characters(page, MOST)  # whose line ends take two bytes each
    expect(problem).to_have_text(TOO_LARGE, timeout=120_000)
    expect(field).to_have_attribute("aria-invalid", "true")
    assert length(field) == MOST
    choose(page, "corpus", "tide-clock")  # the form goes on working
    expect(report).to_contain_text("75,750")
    expect(problem).to_be_hidden()
    choose(page, "corpus", "own")
    expect(problem).to_have_text(TOO_LARGE)
    assert length(field) == MOST
    assert max(sent) < MB, "it was not sent"
    page.remove_listener("request", note)
    paste_characters(page, (MOST - (1 << 16) - 64) * 8 // 9 // 8 * 8, "just below: ")
    expect(problem).to_be_hidden()
    expect(report).to_contain_text("just below: ")
    expect(field).not_to_have_attribute("aria-invalid", "true")


def upload(page, *sizes):
    """Choose files of these sizes."""
    files = [
        {"name": f"{i}-{size}.txt", "mimeType": "text/plain", "buffer": bytes([97 + i]) * size}
        for i, size in enumerate(sizes)
    ]
    page.locator("#train-files input[type=file]").set_input_files(files)


@pytest.mark.parametrize("locale", ["en-US", *in_stress("zh-CN")])
def test_files_that_are_too_large_are_told_beside_their_field(own_text, locale):
    page = own_text(locale=locale)
    problem = page.locator("#train-own-problem")
    upload(page, MB + 1)
    expect(problem).to_contain_text(SAID[locale]["large"])
    expect(page.get_by_test_id("toast-body")).to_have_count(0)
    upload(page, 4000)
    expect(page.locator("#train-report")).to_contain_text("4,000")
    expect(problem).to_be_hidden()


@pytest.mark.parametrize("locale", ["en-US", *in_stress("zh-CN")])
def test_an_upload_beyond_ones_share_is_told_beside_its_field(own_text, app, monkeypatch, locale):
    refused = "status of 507", "status of 404", "Response"  # and then the progress of that upload
    monkeypatch.setattr(pages, "ABORTED", (*pages.ABORTED, *refused))
    page = own_text(locale=locale)
    problem = page.locator("#train-own-problem")
    for i in range(9):
        file = {"name": "a.txt", "mimeType": "text/plain", "buffer": bytes([97 + i]) * MB}
        sent = page.request.post(f"{app}/gradio_api/upload", multipart={"files": file})
        assert sent.ok, sent.text()
    upload(page, MB - 1)
    expect(problem).to_contain_text(SAID[locale]["share"])
    expect(page.get_by_test_id("toast-body")).to_have_count(0)


def test_a_column_of_a_table_is_chosen_with_a_preview_and_kept_over_a_reload(own_text, tmp_path):
    table = tmp_path / "tides.csv"
    rows = [f"{n},Tide {n},The tide number {n} came in." for n in range(99)]
    table.write_text("\n".join(["id,title,text", *rows]))
    page = own_text()
    page.locator("#train-files input[type=file]").set_input_files(table)
    preview, part = page.locator("#train-report .report-preview"), page.locator("#train-part input")
    expect(preview).to_contain_text("The tide number 0 came in.")
    expect(part).to_have_value("text · 2,663 chars")
    part.click()
    page.get_by_role("option", name="title").click()
    expect(preview).to_have_text("\n".join(f"Tide {n}" for n in range(99))[:400])
    page.reload()
    page.wait_for_function("window.charrnnForm?.ready")
    expect(part).to_have_value("title · 683 chars")
    expect(preview).to_contain_text("Tide 0")
