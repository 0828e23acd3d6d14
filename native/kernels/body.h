// The inner loops in float32, written once. Each instruction set's file includes this in its anonymous namespace, after a
// vec_*.h that says what a register is. Nothing of the standard library may be used here: see target.h.
#include "kernels/bf16.h"
#include "kernels/tile.h"

// acc[m][n] += a[m][k] · weights[k][n], for one source unit k.
template <int M, int N>
EQ_INLINE void addUnit(vec (&acc)[M][N], const float* const (&a)[M], const float* weights, std::size_t k) {
  vec w[N];
  EQ_UNROLL
  for (int n = 0; n < N; ++n) w[n] = load(weights + k * kPanelWidth + n * kLanes);
  EQ_UNROLL
  for (int m = 0; m < M; ++m) {
    const vec s = broadcast(a[m][k]);
    EQ_UNROLL
    for (int n = 0; n < N; ++n) acc[m][n] = fmadd(s, w[n], acc[m][n]);
  }
}

// Over all source units, or those that are not zero for all M examples.
template <int M, int N>
EQ_INLINE void addSource(vec (&acc)[M][N], const Source& source, std::size_t panel, const std::uint32_t* rows) {
  const float* a[M];
  EQ_UNROLL
  for (int m = 0; m < M; ++m) a[m] = source.activity + rows[m] * source.stride;
  const float* weights = source.weights + panel * source.count * kPanelWidth;
  if (!source.nonzero.words) {
    for (std::size_t k = 0; k < source.count; ++k) addUnit<M, N>(acc, a, weights, k);
    return;
  }
  for (std::size_t word = 0; word * 64 < source.count; ++word) {
    std::uint64_t bits = 0;
    for (int m = 0; m < M; ++m) bits |= source.nonzero.words[rows[m] * source.nonzero.stride + word];
    for (; bits; bits &= bits - 1) {
      addUnit<M, N>(acc, a, weights, word * 64 + static_cast<std::size_t>(__builtin_ctzll(bits)));
    }
  }
}

// The fewer examples a tile has, the more source units are zero for all of them; but eight sums, no fewer, keep the
// multipliers busy.
constexpr std::size_t kSparseRows = 8 / kPanelVectors;

// The products of a layer's sources, and the tiles that they are summed in.
struct Products {
  const Input& in;

  template <int M, int N> EQ_INLINE void add(vec (&acc)[M][N], std::size_t panel, const std::uint32_t* rows) const {
    for (std::size_t i = 0; i < in.sourceCount; ++i) addSource<M, N>(acc, in.sources[i], panel, rows);
  }
  template <class Finish> void visit(const Finish& finish) const {
    const bool sparse = in.sourceCount != 0 && in.sources[0].nonzero.words;
    forEachTile(in, *this, finish, sparse ? kSparseRows : kTileRows);
  }
};

struct Keep {
  float* out;
  std::size_t stride;
  template <int N> void row(std::size_t example, std::size_t unit, const vec (&sum)[N]) const {
    float* out_ = out + example * stride + unit;
    EQ_UNROLL
    for (int n = 0; n < N; ++n) store(out_ + n * kLanes, sum[n]);
  }
};

struct Energy {
  const EnergyArgs& args;
  template <int N> void row(std::size_t example, std::size_t unit, const vec (&sum)[N]) const {
    const std::size_t at = example * args.stride + unit;
    const vec leak = broadcast(args.leak), share = broadcast(2 * args.share);
    vec twice = broadcast(0.0f);
    EQ_UNROLL
    for (int n = 0; n < N; ++n) {
      const vec s = load(args.state + at + n * kLanes);
      const vec rho = load(args.activity + at + n * kLanes);
      twice = add(twice, sub(mul(leak, mul(s, s)), mul(share, mul(rho, sum[n]))));
    }
    args.energy[example] += 0.5 * static_cast<double>(sumOfLanes(twice));
  }
};

void affine(const Input& input, float* out, std::size_t stride) { Products{input}.visit(Keep{out, stride}); }
void step(const StepArgs& args) { stepBy(args, Products{args.input}); }
void energy(const EnergyArgs& args) { Products{args.input}.visit(Energy{args}); }

// acc[m][n] += pre[m] · post[n], for one example.
template <int M, int N> EQ_INLINE void addExample(vec (&acc)[M][N], const float* pre, const float* post) {
  vec d[N];
  EQ_UNROLL
  for (int n = 0; n < N; ++n) d[n] = load(post + n * kLanes);
  EQ_UNROLL
  for (int m = 0; m < M; ++m) {
    const vec s = broadcast(pre[m]);
    EQ_UNROLL
    for (int n = 0; n < N; ++n) acc[m][n] = fmadd(s, d[n], acc[m][n]);
  }
}

// Bits [from, from + M) of a row.
template <int M> inline bool anyNonzero(const std::uint64_t* words, std::size_t from) {
  const std::size_t word = from / 64, shift = from % 64;
  std::uint64_t bits = words[word] >> shift;
  if (shift + M > 64) bits |= words[word + 1] << (64 - shift);
  return (bits & ((std::uint64_t{1} << M) - 1)) != 0;
}

// Adds a term of M source units; says whether there was anything to add. Which examples count is found before any is
// added, as branches that nobody can foretell would cost as much as they save.
template <int M, int N>
EQ_INLINE bool addTerm(vec (&acc)[M][N], const OuterTerm& term, const OuterArgs& args, std::size_t from) {
  const float* pre = term.pre + from;
  const float* post = term.post + args.panel * kPanelWidth;
  if (!term.nonzero.words) {
    for (std::size_t e = 0; e < args.examples; ++e)
      addExample<M, N>(acc, pre + e * term.preStride, post + e * term.postStride);
    return true;
  }
  constexpr std::size_t kBlock = 128;
  bool any = false;
  for (std::size_t first = 0; first < args.examples; first += kBlock) {
    const std::size_t last = first + kBlock < args.examples ? first + kBlock : args.examples;
    std::uint32_t list[kBlock];
    std::size_t count = 0;
    for (std::size_t e = first; e < last; ++e) {
      list[count] = static_cast<std::uint32_t>(e);
      count += anyNonzero<M>(term.nonzero.words + e * term.nonzero.stride, from);
    }
    for (std::size_t i = 0; i < count; ++i) {
      addExample<M, N>(acc, pre + list[i] * term.preStride, post + list[i] * term.postStride);
    }
    any = any || count != 0;
  }
  return any;
}

template <int M, int N>
EQ_INLINE void update(const Update& rule, const vec (&sum)[M][N], float last, float* weights, float* velocity) {
  const vec scale = broadcast(rule.scale * last), step = broadcast(rule.rate * rule.scale * last);
  const vec rate = broadcast(rule.rate), momentum = broadcast(rule.momentum), decay = broadcast(-rule.decay);
  const vec keep = broadcast(1 - rule.rate * rule.decay);
  EQ_UNROLL
  for (int m = 0; m < M; ++m) {
    EQ_UNROLL
    for (int n = 0; n < N; ++n) {
      const std::size_t at = static_cast<std::size_t>(m) * kPanelWidth + n * kLanes;
      const vec w = load(weights + at);
      if (!velocity) {
        store(weights + at, fmadd(step, sum[m][n], mul(keep, w)));
        continue;
      }
      const vec d = fmadd(decay, w, mul(scale, sum[m][n]));
      const vec v = fmadd(momentum, load(velocity + at), d);
      store(velocity + at, v);
      store(weights + at, fmadd(rate, rule.nesterov ? fmadd(momentum, v, d) : v, w));
    }
  }
}

// M source units × N registers of units of one panel. The sums are kept in units of the last term's coefficient.
template <int M, int N> inline void outerTile(const OuterArgs& args, std::size_t from) {
  vec acc[M][N];
  EQ_UNROLL
  for (int m = 0; m < M; ++m) {
    EQ_UNROLL
    for (int n = 0; n < N; ++n) acc[m][n] = broadcast(0.0f);
  }
  bool any = false;
  float unit = 1;
  for (std::size_t t = 0; t < args.termCount; ++t) {
    const OuterTerm& term = args.terms[t];
    if (any && term.coefficient != unit) {
      const vec ratio = broadcast(unit / term.coefficient);
      EQ_UNROLL
      for (int m = 0; m < M; ++m) {
        EQ_UNROLL
        for (int n = 0; n < N; ++n) acc[m][n] = mul(ratio, acc[m][n]);
      }
    }
    unit = term.coefficient;
    any = addTerm<M, N>(acc, term, args, from) || any;
  }
  if (!any && !args.velocity && args.update.decay == 0) return; // the weights stay as they are
  const std::size_t at = from * kPanelWidth;
  update<M, N>(args.update, acc, unit, args.weights + at, args.velocity ? args.velocity + at : nullptr);
}

template <int N> inline void outerPanel(const OuterArgs& args) {
  std::size_t from = args.from;
  for (; from + kTileRows <= args.to; from += kTileRows) outerTile<kTileRows, N>(args, from);
  for (; from < args.to; ++from) outerTile<1, N>(args, from);
}

void outer(const OuterArgs& args) {
  const std::size_t vectors = vectorsOf(args.panel, args.size);
  if (vectors == kPanelVectors) {
    outerPanel<kPanelVectors>(args);
  } else if (vectors == 1) {
    outerPanel<1>(args);
  } else if (vectors == 2) {
    outerPanel<2>(args);
  } else {
    outerPanel<3>(args);
  }
}

void markRow(const float* values, std::size_t size, std::uint64_t* words) {
  for (std::size_t word = 0; word * 64 < size; ++word) {
    std::uint64_t bits = 0;
    const std::size_t count = size - word * 64 < 64 ? size - word * 64 : 64;
    for (std::size_t k = 0; k < count; ++k) bits |= std::uint64_t{values[word * 64 + k] != 0} << k;
    words[word] = bits;
  }
}

void activateRow(const float* state, float* activity, std::size_t size, Activation activation) {
  for (std::size_t i = 0; i < size; i += kLanes) {
    const vec s = load(state + i);
    const vec rho = activation == Activation::identity ? s : activate(s, activation);
    store(activity + i, first(rho, size - i));
  }
}

void softmaxRow(const float* x, float* p, std::size_t size) {
  float highest = x[0];
  for (std::size_t i = 1; i < size; ++i) highest = x[i] > highest ? x[i] : highest;
  vec sum = broadcast(0.0f);
  for (std::size_t i = 0; i < size; i += kLanes) {
    const vec e = first(exponential(sub(load(x + i), broadcast(highest))), size - i);
    store(p + i, e);
    sum = add(sum, e);
  }
  const vec scale = broadcast(1 / sumOfLanes(sum)); // may be no number
  for (std::size_t i = 0; i < size; i += kLanes) store(p + i, first(mul(load(p + i), scale), size - i));
}

// As many sums as a tile has, so that none waits for another; they stay near 1, as infinities or denormals could be faster
// or slower.
double peak(std::size_t rounds, float* out) {
  vec acc[kTileRows][kPanelVectors];
  for (int m = 0; m < kTileRows; ++m) {
    for (int n = 0; n < kPanelVectors; ++n) acc[m][n] = broadcast(1.0f + 0.01f * static_cast<float>(m + n));
  }
  const vec keep = broadcast(0.999f), gain = broadcast(0.001f);
  for (std::size_t r = 0; r < rounds; ++r) {
    EQ_UNROLL
    for (int m = 0; m < kTileRows; ++m) {
      EQ_UNROLL
      for (int n = 0; n < kPanelVectors; ++n) acc[m][n] = fmadd(acc[m][n], keep, gain);
    }
  }
  *out = 0;
  for (int m = 0; m < kTileRows; ++m) {
    for (int n = 0; n < kPanelVectors; ++n) *out += sumOfLanes(acc[m][n]);
  }
  return 2.0 * static_cast<double>(rounds) * kTileRows * kPanelVectors * kLanes;
}

// Without a second row, pairs of a number and 0. A condition in the loop would become a masked load from null: no fault on a
// processor, one in an emulator that loads first and masks then.
template <bool split, bool whole>
void packRow(const float* first, const float* second, std::size_t count, std::uint32_t* high, std::uint32_t* low) {
  for (std::size_t i = 0; i < count; ++i) {
    narrowPair<split>(first[i], whole ? second[i] : 0, high + i, split ? low + i : nullptr);
  }
}

void pack(const float* first, const float* second, std::size_t count, std::uint32_t* high, std::uint32_t* low) {
  if (low) {
    (second ? packRow<true, true> : packRow<true, false>)(first, second, count, high, low);
  } else {
    (second ? packRow<false, true> : packRow<false, false>)(first, second, count, high, low);
  }
}
