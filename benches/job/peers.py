"""The same job by DuckDB and scikit-learn, on two threads: `python3 benches/job/peers.py DIR` prints one JSON line.

DuckDB reads both files, hashes the brand's phones, joins. The tags become the same kind of bins (16 quantiles, one
bin per label, missing as its own); logistic regression in five folds scores everyone out of fold; k-means (k = 8,
one start: the cheapest scikit-learn offers) finds personas; the best 10 % outside the seed are written.
"""
import os
for name in ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS"):
    os.environ[name] = "2"
import json, resource, sys, time, warnings
warnings.filterwarnings("ignore")
import duckdb, numpy as np, scipy.sparse as sp
from sklearn.cluster import KMeans
from sklearn.linear_model import LogisticRegression
from sklearn.metrics import roc_auc_score
from sklearn.model_selection import StratifiedKFold, cross_val_predict

folder = sys.argv[1]
steps, since = {}, time.perf_counter()
start = since

def lap(name):
    global since
    now = time.perf_counter()
    steps[name], since = round(now - since, 2), now

db = duckdb.connect()
db.execute("SET threads = 2")
db.execute(f"""CREATE TEMP TABLE ours AS
               WITH digits AS (SELECT regexp_replace(translate(phone, '０１２３４５６７８９', '0123456789'), '[^0-9]', '', 'g') AS d
                               FROM read_csv('{folder}/first_party.csv', all_varchar = true))
               SELECT DISTINCT sha256(right(d, 11)) AS id FROM digits WHERE regexp_matches(d, '^(0*86)?1[3-9][0-9]{{9}}$')""")
db.execute(f"""CREATE TEMP TABLE tags AS SELECT t.*, ours.id IS NOT NULL AS seed
               FROM read_csv('{folder}/tags.csv') t LEFT JOIN ours USING (id)""")
table = db.execute("SELECT * FROM tags").df()
lap("load and match")

def onehot(codes, width):
    rows = np.arange(len(codes))
    return sp.csr_matrix((np.ones(len(codes), np.float32), (rows, codes)), shape=(len(codes), width))

def bins(column):
    """16 quantiles of numbers and dates, labels as they are, several labels as several ones; 0 is missing."""
    if column.dtype.kind in "iufM":
        numbers = column.astype("int64").to_numpy() if column.dtype.kind == "M" else column.to_numpy(float)
        gone = column.isna().to_numpy()
        cuts = np.unique(np.quantile(numbers[~gone], np.arange(1, 16) / 16))
        return onehot(np.where(gone, 0, 1 + np.searchsorted(cuts, numbers, "right")), len(cuts) + 2)
    if column.str.contains("|", regex=False).any():
        lists = column.fillna("").str.split("|")
        labels = {label: i for i, label in enumerate(sorted(set(x for l in lists for x in l)))}
        ends = np.cumsum([0] + [len(l) for l in lists])
        return sp.csr_matrix((np.ones(ends[-1], np.float32), [labels[x] for l in lists for x in l], ends),
                             shape=(len(lists), len(labels)))
    codes, labels = column.factorize()
    return onehot(codes + 1, len(labels) + 1)

X = sp.hstack([bins(table[name]) for name in table.columns if name not in ("id", "seed")], format="csr")
y = table["seed"].to_numpy(int)
lap("bins")
folds = StratifiedKFold(5, shuffle=True, random_state=7)
scores = cross_val_predict(LogisticRegression(max_iter=200), X, y, cv=folds, method="decision_function")
lap("lookalike")
personas = KMeans(8, n_init=1, random_state=7).fit(X)
lap("personas")
rest = np.flatnonzero(y == 0)
best = rest[np.argsort(-scores[rest])[: len(rest) // 10]]
table["id"].iloc[best].to_csv(os.path.join(folder, "peers_audience.csv"), index=False)
lap("audience file")

print(json.dumps(dict(contender="duckdb + scikit-learn", threads=2, all=round(since - start, 2), steps=steps,
                      matched=int(y.sum()), auc=round(roc_auc_score(y, scores), 4), inertia=round(float(personas.inertia_)),
                      columns=X.shape[1], process_mb=resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 1024)))
