"""Prices of questions: calibrated probabilities, by scale and by date."""

from scale_forecast.pricing.desk import Desk
from scale_forecast.pricing.price import Price, price, price_all, price_at

__all__ = ["Desk", "Price", "price", "price_all", "price_at"]
