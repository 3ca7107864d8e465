"""Data in the page: a dataset from files, its versions, a connection that is tried, a name that leads to either."""

from pathlib import Path

from tests.ui.looking import Visit


def test_a_dataset_is_added_and_given_another_version(visit: Visit, tmp_path: Path) -> None:
    (tmp_path / "Orders 2026.csv").write_text("id,city\n1,Gent\n2,<b>Lille</b>\n")
    (tmp_path / "later.csv").write_text("id,city\n3,Riga\n")
    visit.enter()
    visit.open("/data")
    visit.sees("button", "Add data").click()
    visit.sees("menuitem", "Add a dataset").click()
    dialog = visit.sees("dialog", "Add a dataset")
    with visit.page.expect_file_chooser() as chooser:
        dialog.get_by_role("button", name="Files").click()
    chooser.value.set_files(tmp_path / "Orders 2026.csv")
    assert dialog.get_by_label("Name").input_value() == "orders-2026"
    dialog.get_by_role("button", name="Add the dataset").click()
    visit.sees("heading", "orders-2026")
    visit.page.get_by_text("version 1: 2 rows").wait_for()
    visit.sees("tab", "First rows").click()
    visit.page.get_by_text("<b>Lille</b>").wait_for()

    visit.sees("button", "Add a version").click()
    dialog = visit.sees("dialog", "Add a version")
    with visit.page.expect_file_chooser() as chooser:
        dialog.get_by_role("button", name="Files").click()
    chooser.value.set_files(tmp_path / "later.csv")
    dialog.get_by_role("button", name="Add the version").click()
    visit.page.get_by_text("version 2: 1 row").wait_for()


def test_a_connection_is_added_and_tried_and_a_name_leads_to_it(visit: Visit) -> None:
    visit.enter()
    visit.open("/data")
    visit.sees("button", "Add data").click()
    visit.sees("menuitem", "Add a connection").click()
    dialog = visit.sees("dialog", "Add a connection")
    dialog.get_by_role("combobox", name="Kind").click()
    visit.page.get_by_role("option", name="A folder of the server").click()
    dialog.get_by_label("Name").fill("warehouse")
    dialog.get_by_label("Folder", exact=False).last.fill("warehouse")
    dialog.get_by_role("button", name="Add the connection").click()
    visit.sees("heading", "warehouse")
    visit.page.get_by_role("textbox", name="Path").fill("nothing.csv")
    visit.sees("button", "Read 5 rows").click()
    visit.sees("alert", "", exact=False).get_by_text("nothing.csv").wait_for()
    visit.page.get_by_role("textbox", name="Path").fill("stock.csv")
    visit.sees("button", "Read 5 rows").click()
    visit.page.get_by_text("2 rows came").wait_for()

    visit.open("/data")
    visit.sees("button", "Add data").click()
    visit.sees("menuitem", "Lead a name to data").click()
    dialog = visit.sees("dialog", "Lead a name to data")
    dialog.get_by_label("Name").fill("stock")
    dialog.get_by_label("Leads to").fill("data://warehouse/stock.csv")
    dialog.get_by_role("button", name="Lead the name there").click()
    visit.sees("link", "stock")


def test_who_may_not_manage_data_sees_no_button(visit: Visit) -> None:
    visit.log_in("vera")
    visit.sees("heading", "Good day, vera")
    visit.open("/data/orders")
    visit.settle()
    assert visit.page.get_by_role("button", name="Add a version").count() == 0
    assert visit.page.get_by_role("button", name="Delete").count() == 0
