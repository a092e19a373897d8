"""What the provider's free allowances would take off the bill. They belong to the account, not to one project, so
the estimate tells them and subtracts nothing."""

from collections.abc import Iterable
from decimal import Decimal

from agents.cost.lines import cents, dollars
from agents.cost.pricebook import Price, PriceBook
from agents.domain.cost import BomLine


def free_usd(lines: Iterable[BomLine], region: str, book: PriceBook) -> Decimal:
    """USD a month that the always-free allowances of the book would take off these lines, if this project had them
    to itself. An allowance is used up line by line, the same unit once (`PriceBook.allowances`)."""
    left = [(services, quantity) for services, quantity in book.allowances]
    saved = Decimal(0)
    for line in lines:
        for i, (skus, quantity) in enumerate(left):
            if (line.service, line.sku) in skus and quantity > 0:
                used = min(quantity, line.quantity)
                left[i] = (skus, quantity - used)
                saved += _usd(line, line.quantity, region, book) - _usd(line, line.quantity - used, region, book)
    return dollars(cents(saved))


def _usd(line: BomLine, quantity: Decimal, region: str, book: PriceBook) -> Decimal:
    price = book.price(line.service, line.sku, region, quantity)
    return price.usd if isinstance(price, Price) else Decimal(0)
