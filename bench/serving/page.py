"""docs/bench-serving.md."""

from bench.table import ROOT, Table

_HEAD = """\
# Serving, measured

The serving process against what teams serve the same model with. Written by `make bench-serving [DATA=reviews.csv
GROUP=column]`; `ONLY=speed,batch` measures some parts anew and keeps the others, `SOAK=60` shortens the soak.

Every server answers about the same reviews with the same model: words and punctuation in 1-3 grams, NB weights,
logistic regression, trained on the data. For the peers it is a plain scikit-learn Pipeline, checked to say the same to
1e-6. They have environments of their own, made by uv into the cache folder: `mlflow models serve` (one worker), FastAPI
on uvicorn with uvloop and httptools; a bare Flask hello world (`GET /`, two words) runs on the granian that we run on.
"As shipped" answers the routes in demand before Flask's routing; "plain views" is `SENTIMENT_FAST_PATH=0`.

Each server is kept on core 0 and wrk on core 1 (127.0.0.1, kept-alive connections, 8 of them unless said otherwise).
All servers of the part `speed` are up at the same time and asked one after the other, three times: a row has the
median. "us CPU" is the server's CPU time for one request, which other work on the machine changes least. wrk has no
rate limit: where a share of capacity is asked for, 64 connections pause for random times (exponentially distributed, in
whole milliseconds) between an answer and their next request; the rate that came about is in the row. Percentiles are
wrk's, corrected by it for what it could not send meanwhile. Where the load average is far above the number of cores,
others were at work as well: rates and latencies are those of what they left, the same for all servers, and ratios are
what counts.
"""

TABLE = Table(
    records=ROOT / "docs" / "bench-serving.json",
    page=ROOT / "docs" / "bench-serving.md",
    head=_HEAD,
    compared_with="compared with",
)
