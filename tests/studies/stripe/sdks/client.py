"""A client of the miniature, in the words that stripe-python has understood since version 5.

It reads where the server is and which steps to take, and prints what it saw in each of them.
"""

from __future__ import annotations

import json
import sys
from collections.abc import Callable
from typing import Any

import stripe

TASK = json.load(sys.stdin)
stripe.api_base, stripe.api_key = TASK["url"], TASK["key"]
stripe.enable_telemetry = False
ORDER = {"amount": 500, "currency": "eur", "source": "tok_visa"}
Seen = dict[str, Any]


def error_of(ask: Callable[[], Any]) -> Seen:
    """What the library raises; its class has the same name in every version."""
    try:
        ask()
    except Exception as raised:
        seen = {"class": type(raised).__name__}
        fields = {"status": "http_status", "code": "code", "param": "param"}
        return seen | {name: getattr(raised, field, None) for name, field in fields.items()}
    return {"class": None}


def plain(value: Any) -> Seen:
    """An object of the library, which is a dict in some versions and prints as JSON in all."""
    return json.loads(str(value))


def repeat() -> Seen:
    first, again = (stripe.Charge.create(**ORDER, idempotency_key="cart-17") for _ in range(2))
    headers = [charge.last_response.headers for charge in (first, again)]
    return {
        "charge": [first.object, first.amount, first.currency, first.status, first.paid],
        "card": [first.source.brand, first.source.last4],
        "same": again.id == first.id,
        "replayed": [it.get("Idempotent-Replayed") for it in headers],
        "version": headers[0]["Stripe-Version"],
    }


def reuse() -> Seen:
    stripe.Charge.create(**ORDER, idempotency_key="cart-18")
    other = ORDER | {"amount": 501}
    return error_of(lambda: stripe.Charge.create(**other, idempotency_key="cart-18"))


def retrieve() -> Seen:
    made = stripe.Charge.create(**ORDER, description="Tea & cake, ½ price", metadata={"a": "b c"})
    found = stripe.Charge.retrieve(made.id)
    return {
        "same": found.id == made.id,
        "description": found.description,
        "metadata": plain(found.metadata),
        "missing": error_of(lambda: stripe.Charge.retrieve("ch_none")),
    }


def pages() -> Seen:
    customer = stripe.Customer.create().id
    charges = [
        stripe.Charge.create(**ORDER | {"amount": n}, customer=customer) for n in range(1, 6)
    ]
    first = stripe.Charge.list(customer=customer, limit=2)
    back = stripe.Charge.list(customer=customer, limit=2, ending_before=charges[0].id)
    return {
        "first": [charge.amount for charge in first.data],
        "has_more": first.has_more,
        "all": [charge.amount for charge in first.auto_paging_iter()],
        "back": [charge.amount for charge in back.auto_paging_iter()],
    }


def refund() -> Seen:
    charge = stripe.Charge.create(**ORDER).id
    refunds = [stripe.Refund.create(charge=charge, **it) for it in ({"amount": 200}, {})]
    after = stripe.Charge.retrieve(charge)
    return {
        "amounts": [it.amount for it in refunds],
        "status": refunds[0].status,
        "charge": [after.amount_refunded, after.refunded],
        "listed": [it.amount for it in stripe.Refund.list(charge=charge).data],
        "again": error_of(lambda: stripe.Refund.create(charge=charge)),
    }


def expand() -> Seen:
    customer = stripe.Customer.create(email="ada@example.com").id
    charge = stripe.Charge.create(**ORDER, customer=customer, expand=["customer"])
    listed = stripe.Charge.list(customer=customer, expand=["data.customer"]).data
    return {
        "customer": [charge.customer.object, charge.customer.email],
        "plain": stripe.Charge.retrieve(charge.id).customer == customer,
        "listed": [it.customer.email for it in listed],
    }


def decline() -> Seen:
    card = {"source": "tok_chargeDeclined"}
    customer = stripe.Customer.create().id
    seen = error_of(lambda: stripe.Charge.create(**ORDER | card, customer=customer))
    [failed] = stripe.Charge.list(customer=customer).data
    return seen | {"charge": [failed.status, failed.paid]}


def webhook() -> Seen:
    sent = TASK["delivery"]

    def event(body: str = sent["body"], secret: str = sent["secret"]) -> Any:
        return stripe.Webhook.construct_event(body, sent["signature"], secret)

    good = event()
    return {
        "event": [good.type, good.data.object.object, good.data.object.amount],
        "changed": error_of(lambda: event(body=sent["body"] + " "))["class"],
        "stranger": error_of(lambda: event(secret="whsec_wrong"))["class"],
    }


def refund_pages() -> Seen:
    """A charge pages through its own refunds, and those of no other."""
    charges = [stripe.Charge.create(**ORDER).id for _ in range(2)]
    for amount in range(1, 13):
        for charge in charges:
            stripe.Refund.create(charge=charge, amount=amount)
    refunds = stripe.Charge.retrieve(charges[0], expand=["refunds"]).refunds
    return {
        "held": [it.amount for it in refunds.data],
        "has_more": refunds.has_more,
        "all": [it.amount for it in refunds.auto_paging_iter()],
        "asked": [it.amount for it in refunds.list(limit=2).auto_paging_iter()],
    }


def update_customer() -> Seen:
    made = stripe.Customer.create(name="Ada", metadata={"a": "1", "b": "2"})
    changed = stripe.Customer.modify(made.id, email="ada@example.com", metadata={"b": "", "c": "3"})
    found = stripe.Customer.retrieve(made.id)
    return {
        "changed": [changed.name, changed.email, plain(changed.metadata)],
        "found": [found.name, found.email, plain(found.metadata)],
    }


def delete_customer() -> Seen:
    made = stripe.Customer.create(name="Ada")
    deleted = stripe.Customer.delete(made.id)
    return {
        "deleted": [deleted.id == made.id, deleted.object, deleted.deleted],
        "after": stripe.Customer.retrieve(made.id).deleted,
        "listed": made.id in [it.id for it in stripe.Customer.list().data],
    }


def saved_card() -> Seen:
    customer = stripe.Customer.create(source="tok_mastercard").id
    charge = stripe.Charge.create(amount=500, currency="eur", customer=customer)
    return {"charge": [charge.status, charge.source.brand], "same": charge.customer == customer}


def since() -> Seen:
    charge = stripe.Charge.create(**ORDER)
    listed = [stripe.Charge.list(created={"gte": charge.created + n}, limit=100) for n in (0, 3600)]
    return {"listed": [charge.id in [it.id for it in found.data] for found in listed]}


def missing_parameter() -> Seen:
    """What a body names and does not exist is an error of the request."""
    return error_of(lambda: stripe.Refund.create(charge="ch_none"))


def take(step: str) -> Seen:
    """What a step saw; an error that it did not expect is what it saw, too."""
    try:
        return globals()[step]()
    except Exception as unexpected:
        return {"unexpected": f"{type(unexpected).__name__}: {unexpected}"}


if __name__ == "__main__":
    seen: Seen = {step: take(step) for step in TASK["steps"]}
    release = stripe.VERSION if hasattr(stripe, "VERSION") else stripe.version.VERSION
    print(json.dumps(seen | {"release": release}))
