import json

from support_bot.tools import OrderBook


def test_an_unknown_order_is_reported_to_the_model():
    assert "error" in json.loads(OrderBook().run("lookup_order", '{"order_id": "FB-99999"}'))


def test_a_tool_that_does_not_exist_is_reported_to_the_model():
    assert "error" in json.loads(OrderBook().run("cancel_order", '{"order_id": "FB-20388"}'))


def test_a_refund_is_the_price_of_the_item():
    orders = OrderBook()
    orders.run("start_refund", '{"order_id": "FB-20388", "sku": "CB-1000", "reason": "unused"}')
    assert [refund["amount_eur"] for refund in orders.refunds] == ["24.50"]
