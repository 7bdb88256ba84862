"""k-means of scikit-learn on the matrix of the test `personas::tests::peers`: `python3 benches/kmeans.py FOLDER [starts [runs]]`.

One thread, k = 8, one-hot rows of the same bins; a column of labels that someone has none of is one more label.
"""
import os
for name in ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS"):
    os.environ[name] = "1"
import json, sys, time
import numpy as np, scipy.sparse as sp
from sklearn.cluster import KMeans

folder, starts = sys.argv[1], int(sys.argv[2]) if len(sys.argv) > 2 else 10
meta = json.load(open(f"{folder}/meta.json"))
people = meta["N"]
codes = np.concatenate([np.fromfile(f"{folder}/{name}.u8", np.uint8).reshape(-1, people) for name in ("cat", "numbin")])
several = np.fromfile(f"{folder}/mv.u32", np.uint32).reshape(-1, people)

def onehot(column):
    width = int(column.max()) + 1
    return sp.csr_matrix((np.ones(people, np.float32), column, np.arange(people + 1)), shape=(people, width))

def labels(column):
    bits = (column[:, None] >> np.arange(20)) & 1
    return sp.csr_matrix(np.column_stack([column == 0, bits]).astype(np.float32))

X = sp.hstack([onehot(c) for c in codes] + [labels(c) for c in several], format="csr")
times = []
for run in range(int(sys.argv[3]) if len(sys.argv) > 3 else 1):
    since, used = time.perf_counter(), time.process_time()
    found = KMeans(8, n_init=starts, random_state=run).fit(X)
    times.append((round(time.process_time() - used, 2), round(time.perf_counter() - since, 2)))
print(json.dumps(dict(starts=starts, cpu_and_wall=times, inertia=round(float(found.inertia_)), columns=X.shape[1])))
