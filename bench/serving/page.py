"""docs/bench-serving.md."""

from bench.table import ROOT, Table

_HEAD = """\
# Serving, measured

The serving process compared with other ways to serve the same model. Written by `make bench-serving [DATA=reviews.csv
GROUP=column]`; `ONLY=speed,batch` measures only these parts and keeps the others, `SOAK=60` shortens the soak.

Every server gets the same reviews and has the same model: words and punctuation in 1-3 grams, NB weights, logistic
regression, trained on the data. For the other servers it is a plain scikit-learn Pipeline, which is checked to give the
same probabilities to 1e-6. Each has its own environment, which uv creates in the cache folder: `mlflow models serve`
(one worker), and FastAPI on uvicorn with uvloop and httptools. A bare Flask hello world (`GET /`, two words) runs on
the same granian as our server. "As shipped" answers the main routes before Flask's routing; "plain views" is
`SENTIMENT_FAST_PATH=0`.

Each server runs on core 0 and wrk on core 1 (127.0.0.1, kept-alive connections, 8 of them unless stated otherwise).
In the part `speed` all servers are up at the same time and measured in turn, three times; a row shows the median. "us
CPU" is the server's CPU time for one request, which other work on the machine affects least. wrk has no rate limit. For
a share of the capacity, 64 connections pause between a response and their next request, for random times (exponentially
distributed, in whole milliseconds); the row shows the rate that resulted. Percentiles are wrk's, corrected for requests
that it could not send in time. If the load average is far above the number of cores, other programs were running as
well: rates and latencies are worse for all servers alike, so compare the ratios.
"""

TABLE = Table(
    records=ROOT / "docs" / "bench-serving.json",
    page=ROOT / "docs" / "bench-serving.md",
    head=_HEAD,
    compared_with="compared with",
)
