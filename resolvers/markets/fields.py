"""Names that the services' payloads are known to hold, so that a new one is noticed and named rather than fatal.

Collected from recorded answers and from manifoldmarkets/manifold@1e3ad3be7 docs/docs/api.md,
Metaculus/metaculus@100c4088f docs/openapi.yml, the Gamma answers of 2026-07 and Kalshi's openapi 3.13.0.
"""


def _names(text: str) -> frozenset[str]:
    return frozenset(text.split())


MANIFOLD = _names(
    """
    addAnswersMode answers bets bountyLeft bountyTxns closeEmailsSent closeTime collectedFees comments coverImageUrl
    createdTime creatorAvatarUrl creatorCreatedTime creatorId creatorName creatorUsername dailyScore deleted description
    display elasticity explanation followerCount freshnessScore gptCommentSummary groupLinks groupSlugs id
    importanceScore initialProbability isLogScale isRanked isResolved isSpicePayout isSubsidized lastBetTime
    lastCommentTime lastUpdatedTime lowercaseTags marketTier max mechanism min options outcomeType p pool
    popularityScore precision prob probChanges probability question resolution resolutionProbability
    resolutionTime resolutionValue resolutions resolverId shouldAnswersSumToOne siblingContractId slug sort
    subsidyPool tags takerAPIOrdersDisabled textDescription timezone token totalBets totalBounty totalLiquidity
    totalShares uniqueBettorCount uniqueBettorCountDay uniqueBettorIds unit unlistedById url value viewCount
    visibility volume volume24Hours volume7Days
    """
)

METACULUS_QUESTION = _names(
    """
    actual_close_time actual_resolve_time aggregations all_options_ever average_coverage cp_reveal_time created_at
    default_aggregation_method default_score_type description fine_print group_rank group_variable id
    inbound_outcome_count include_bots_in_aggregates label my_forecasts open_lower_bound open_time open_upper_bound
    options options_history possibilities post_id question_weight resolution resolution_criteria resolution_set_time
    scaling scheduled_close_time scheduled_resolve_time short_title spot_scoring_time status title type unit url_title
    """
)

POLYMARKET = _names(
    """
    acceptingOrders acceptingOrdersTimestamp active approved archived automaticallyActive automaticallyResolved bestAsk
    bestBid category clearBookOnStart clobRewards clobTokenIds closed closedTime conditionId createdAt creator
    customLiveness cyom deploying deployingTimestamp description enableOrderBook endDate endDateIso events fees
    feesEnabled feeType fpmmLive funded gameStartTime groupItemThreshold groupItemTitle hasReviewedDates
    holdingRewardsEnabled icon id image lastTradePrice line liquidity liquidityAmm liquidityClob liquidityNum
    makerBaseFee manualActivation marketMakerAddress marketType negRisk negRiskMarketID negRiskOther negRiskRequestID
    new oneDayPriceChange oneHourPriceChange oneMonthPriceChange oneWeekPriceChange oneYearPriceChange orderMinSize
    orderPriceMinTickSize outcomePrices outcomes pagerDutyNotificationEnabled pendingDeployment question questionID
    ready requiresTranslation resolutionSource resolvedBy restricted rewardsMaxSpread rewardsMinSize rfqEnabled
    secondsDelay seriesColor sentDiscord showGmpOutcome showGmpSeries slug sportsMarketType spread startDate
    startDateIso submitted_by takerBaseFee teamAID teamBID twitterCardImage umaBond umaEndDate umaResolutionStatus
    umaResolutionStatuses umaReward updatedAt updatedBy volume volume1mo volume1moAmm volume1moClob volume1wk
    volume1wkAmm volume1wkClob volume1yr volume1yrAmm volume1yrClob volume24hr volume24hrAmm volume24hrClob volumeAmm
    volumeClob volumeNum
    """
)

KALSHI = _names(
    """
    can_close_early cap_strike category close_time created_time custom_strike early_close_condition event_ticker
    exchange_index expected_expiration_time expiration_time expiration_value fee_waiver_expiration_time floor_strike
    fractional_trading_enabled functional_strike is_provisional last_price last_price_dollars latest_expiration_time
    liquidity liquidity_dollars market_type mve_collection_ticker mve_selected_legs no_ask no_ask_dollars no_bid
    no_bid_dollars no_sub_title notional_value notional_value_dollars occurrence_datetime open_interest
    open_interest_fp open_time previous_price previous_price_dollars previous_yes_ask previous_yes_ask_dollars
    previous_yes_bid previous_yes_bid_dollars price_level_structure price_ranges primary_participant_key
    response_price_units result risk_limit_cents rules_primary rules_secondary settlement_timer_seconds settlement_ts
    settlement_value settlement_value_dollars status strike_type subtitle tick_size ticker title updated_time volume
    volume_24h volume_24h_fp volume_fp yes_ask yes_ask_dollars yes_ask_size_fp yes_bid yes_bid_dollars yes_bid_size_fp
    yes_sub_title
    """
)

FORECASTBENCH = _names(
    """
    background combination_of freeze_datetime freeze_datetime_value freeze_datetime_value_explanation id
    market_info_close_datetime market_info_open_datetime market_info_resolution_criteria question
    resolution_criteria resolution_dates source source_intro url
    """
)
