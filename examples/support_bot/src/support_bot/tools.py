"""The tools of the conversation, on an order book that stands in for the shop's database."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Callable

    from openai.types.chat import ChatCompletionFunctionToolParam

TOOLS: list[ChatCompletionFunctionToolParam] = [
    {
        "type": "function",
        "function": {
            "name": "lookup_order",
            "description": "Show the items, the amounts, the delivery date and the state of one order.",
            "parameters": {
                "type": "object",
                "properties": {
                    "order_id": {"type": "string", "description": "The order number, such as FB-12345."},
                },
                "required": ["order_id"],
            },
        },
    },
    {
        "type": "function",
        "function": {
            "name": "start_refund",
            "description": "Start the refund of one item of an order that has been looked up. It cannot be undone.",
            "parameters": {
                "type": "object",
                "properties": {
                    "order_id": {"type": "string", "description": "The order number, such as FB-12345."},
                    "sku": {"type": "string", "description": "The article number of the item, as in the order."},
                    "reason": {
                        "type": "string",
                        "enum": ["unused", "used", "faulty", "not_delivered"],
                        "description": "The part of the refund policy that allows the refund.",
                    },
                },
                "required": ["order_id", "sku", "reason"],
            },
        },
    },
]

ORDERS: dict[str, dict[str, Any]] = {
    "FB-20388": {
        "state": "delivered",
        "delivered_on": "2026-05-11",
        "days_since_delivery": 21,
        "items": [
            {"sku": "GR-310", "name": "Burr grinder Tarn", "price_eur": "129.00"},
            {"sku": "CB-1000", "name": "Coffee beans 1 kg", "price_eur": "24.50"},
        ],
        "payment": "card",
    },
    "FB-20417": {
        "state": "shipped",
        "shipped_on": "2026-05-29",
        "carrier": "Postline",
        "expected_on": "2026-06-02",
        "last_scan": "2026-05-31 06:12, parcel centre Leipzig",
        "items": [{"sku": "KT-170", "name": "Kettle Brook 1.7 l", "price_eur": "59.90"}],
        "payment": "paypal",
    },
    "FB-20466": {
        "state": "delivered",
        "delivered_on": "2026-05-08",
        "days_since_delivery": 24,
        "items": [{"sku": "SM-800", "name": "Stand mixer Alder 800 W", "price_eur": "289.00", "weight_kg": "9.4"}],
        "payment": "invoice, paid",
    },
}


class OrderBook:
    """Orders by number, and the refunds started in this process."""

    def __init__(self, orders: dict[str, dict[str, Any]] | None = None) -> None:
        self.orders = ORDERS if orders is None else orders
        self.refunds: list[dict[str, Any]] = []

    def run(self, tool: str, arguments: str) -> str:
        """Run the tool that the model asked for; the result, or the error, as JSON."""
        actions: dict[str, Callable[..., dict[str, Any]]] = {
            "lookup_order": self.lookup_order,
            "start_refund": self.start_refund,
        }
        try:
            result = actions[tool](**json.loads(arguments))
        except (KeyError, TypeError, ValueError):
            result = {"error": f"{tool} does not know these values: {arguments}"}
        return json.dumps(result, ensure_ascii=False)

    def lookup_order(self, order_id: str) -> dict[str, Any]:
        return {"order_id": order_id, **self.orders[order_id]}

    def start_refund(self, order_id: str, sku: str, reason: str) -> dict[str, Any]:
        price = {item["sku"]: item["price_eur"] for item in self.orders[order_id]["items"]}[sku]
        refund = {"order_id": order_id, "sku": sku, "reason": reason, "amount_eur": price, "state": "started"}
        self.refunds.append(refund)
        return refund
