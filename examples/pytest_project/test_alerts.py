import pytest
from alerts import Alerts


@pytest.fixture
def alerts(ringmock):
    return Alerts(ringmock.url, ringmock.token("101"))


def test_a_customer_gets_a_text(ringmock, alerts):
    alerts.text("16509100010", "14151003732", "Your line is back")

    ringmock.wait_for_sms(to="14151003732", contains="back")
    assert [sms.text for sms in ringmock.handset("14151003732").messages] == ["Your line is back"]


def test_an_alert_reaches_everyone_in_support_who_is_active(ringmock, alerts):
    ringmock.freeze("103")

    alerts.page("200", "The line is down")

    assert [page.text for page in ringmock.mailbox("102")] == ["The line is down"]
    assert ringmock.mailbox("103") == []


def test_nobody_is_texted_about_a_page(ringmock, alerts):
    alerts.page("102", "All is well")

    ringmock.wait_for_page(to="102", sender="101")
    ringmock.expect_no_sms()
    assert [page.text for page in ringmock.mailbox("102")] == ["All is well"]
