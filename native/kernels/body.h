// The inner loops, written once. Each instruction set's file includes this in its anonymous namespace, after a
// vec_*.h that says what a register is. Nothing of the standard library may be used here: see target.h.
//
// A tile is up to kTileRows examples × kPanelVectors registers of units. Its sums stay in registers while the
// source units run past: one load of weights serves every example of the tile, and what follows the sum (step,
// clip, residual) happens before the only store.

constexpr std::size_t kPanelWidth = static_cast<std::size_t>(kLanes) * kPanelVectors;

#if defined(__clang__)
#define EQ_UNROLL EQ_PRAGMA(unroll)
#elif defined(__GNUC__)
#define EQ_UNROLL EQ_PRAGMA(GCC unroll 8)
#else
#define EQ_UNROLL
#endif

inline float sumOfLanes(vec a) {
  float lane[kLanes];
  store(lane, a);
  float sum = 0;
  for (int i = 0; i < kLanes; ++i) sum += lane[i];
  return sum;
}

inline vec clip(vec a, vec low, vec high) { return higher(low, lower(high, a)); }

// e^x, |relative error| < 2e-7 on [−87, 88], clipped outside: x = n·ln 2 + r, then a polynomial in r.
inline vec exponential(vec x) {
  x = clip(x, broadcast(-87.0f), broadcast(88.0f));
  const vec n = nearest(mul(x, broadcast(1.44269504f)));
  vec r = fmadd(n, broadcast(-0.693359375f), x);
  r = fmadd(n, broadcast(2.12194440e-4f), r);
  vec p = broadcast(1.0f / 5040.0f);
  p = fmadd(p, r, broadcast(1.0f / 720.0f));
  p = fmadd(p, r, broadcast(1.0f / 120.0f));
  p = fmadd(p, r, broadcast(1.0f / 24.0f));
  p = fmadd(p, r, broadcast(1.0f / 6.0f));
  p = fmadd(p, r, broadcast(0.5f));
  p = fmadd(p, r, broadcast(1.0f));
  p = fmadd(p, r, broadcast(1.0f));
  return mul(p, powerOfTwo(n));
}

inline vec sigmoid(vec x) {
  const vec one = broadcast(1.0f);
  return div(one, add(one, exponential(sub(broadcast(0.0f), x))));
}

inline vec activate(vec s, Activation activation) {
  if (activation == Activation::sigmoid) return sigmoid(s);
  const vec twice = sigmoid(add(s, s)); // tanh(s) = 2σ(2s) − 1
  return sub(add(twice, twice), broadcast(1.0f));
}

// ρ'(s) from ρ(s).
inline vec slope(vec rho, Activation activation) {
  const vec one = broadcast(1.0f);
  return activation == Activation::sigmoid ? mul(rho, sub(one, rho)) : sub(one, mul(rho, rho));
}

// acc[m][n] += a[m][k] · weights[k][n], for one source unit k.
template <int M, int N>
inline void addUnit(vec (&acc)[M][N], const float* const (&a)[M], const float* weights, std::size_t k) {
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
inline void addSource(vec (&acc)[M][N], const Source& source, std::size_t panel, const std::uint32_t* rows) {
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

// The total input of M examples and N registers of units, handed to `finish` while it is still in registers.
template <int M, int N, class Finish>
inline void inputTile(const Input& in, std::size_t panel, const std::uint32_t* rows, const Finish& finish) {
  const std::size_t unit = panel * kPanelWidth;
  vec acc[M][N];
  EQ_UNROLL
  for (int m = 0; m < M; ++m) {
    const float* base = in.base + rows[m] * in.baseStride + unit;
    EQ_UNROLL
    for (int n = 0; n < N; ++n) acc[m][n] = load(base + n * kLanes);
  }
  for (std::size_t i = 0; i < in.sourceCount; ++i) addSource<M, N>(acc, in.sources[i], panel, rows);
  EQ_UNROLL
  for (int m = 0; m < M; ++m) finish.template row<N>(rows[m], unit, acc[m]);
}

template <int N, class Finish>
inline void inputRows(const Input& in, std::size_t panel, const std::uint32_t* rows, std::size_t count,
                      const Finish& finish) {
  switch (count) {
  case 1: return inputTile<1, N>(in, panel, rows, finish);
  case 2: return inputTile<2, N>(in, panel, rows, finish);
  case 3: return inputTile<3, N>(in, panel, rows, finish);
  case 4: return inputTile<4, N>(in, panel, rows, finish);
  case 5: return inputTile<5, N>(in, panel, rows, finish);
  default: return inputTile<6, N>(in, panel, rows, finish);
  }
}

// Registers that hold units of this panel: fewer in the last one.
inline std::size_t vectorsOf(std::size_t panel, std::size_t size) {
  const std::size_t left = size - panel * kPanelWidth;
  const std::size_t vectors = (left + kLanes - 1) / kLanes;
  return vectors < kPanelVectors ? vectors : kPanelVectors;
}

// Panels outside and examples inside, so that a panel is read from the second-level cache once an iteration. The
// examples are split evenly: ten are two tiles of five, not six and four.
template <class Finish> inline void forEachTile(const Input& in, const Finish& finish) {
  static_assert(kTileRows == 6, "the switch of inputRows ends at six");
  const std::size_t tiles = (in.rows.count + kTileRows - 1) / kTileRows;
  for (std::size_t panel = in.fromPanel; panel < in.toPanel && panel * kPanelWidth < in.size; ++panel) {
    const std::size_t vectors = vectorsOf(panel, in.size);
    for (std::size_t tile = 0; tile < tiles; ++tile) {
      const std::size_t from = tile * in.rows.count / tiles;
      const std::size_t count = (tile + 1) * in.rows.count / tiles - from;
      const std::uint32_t* rows = in.rows.index + from;
      if (vectors == kPanelVectors) {
        inputRows<kPanelVectors>(in, panel, rows, count, finish);
      } else if (vectors == 1) {
        inputRows<1>(in, panel, rows, count, finish);
      } else if (vectors == 2) {
        inputRows<2>(in, panel, rows, count, finish);
      } else {
        inputRows<3>(in, panel, rows, count, finish);
      }
    }
  }
}

struct Keep {
  float* out;
  std::size_t stride;
  template <int N> void row(std::size_t example, std::size_t unit, const vec (&sum)[N]) const {
    float* out_ = out + example * stride + unit;
    EQ_UNROLL
    for (int n = 0; n < N; ++n) store(out_ + n * kLanes, sum[n]);
  }
};

// Ones for the first `units` lanes, zeros for the padding beyond them: neither ρ(0) nor the nearest state to 0 that a
// range allows need be 0.
constexpr float kOnesAndZeros[2 * 16] = {1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1};
inline vec maskOf(std::size_t units) { return load(kOnesAndZeros + 16 - (units < kLanes ? units : kLanes)); }

// What a step may need: the first two are what nearly all steps are, and pay for nothing else.
enum class Form { plain, smooth, general };

template <Form form> struct Step {
  const StepArgs& args;

  template <int N> void row(std::size_t example, std::size_t unit, const vec (&sum)[N]) const {
    const std::size_t at = example * args.stride + unit;
    const bool smooth = form == Form::general ? args.activation != Activation::identity : form == Form::smooth;
    const vec keep = broadcast(args.keep), gain = broadcast(args.gain), pull = broadcast(args.pull);
    const vec low = broadcast(args.low), high = broadcast(args.high);
    vec change = broadcast(0.0f);
    EQ_UNROLL
    for (int n = 0; n < N; ++n) {
      const vec s = load(args.state + at + n * kLanes);
      vec x = sum[n];
      if (smooth) x = mul(x, slope(load(args.activity + at + n * kLanes), args.activation));
      const float* target = args.target ? args.target + example * args.targetStride + unit + n * kLanes : nullptr;
      vec next;
      if (form == Form::general && args.descent) {
        next = descend(*args.descent, example, unit + n * kLanes, s, x, target);
      } else {
        next = fmadd(gain, x, mul(keep, s));
        if (target) next = fmadd(pull, load(target), next);
      }
      next = clip(next, low, high);
      if (form == Form::general && args.moves) {
        const vec moves = load(args.moves + at + n * kLanes);
        next = fmadd(moves, next, mul(sub(broadcast(1.0f), moves), s)); // exact for 0 and for 1
      }
      const std::size_t left = args.input.size - unit - n * kLanes; // at least one unit
      if (n == N - 1 && left < kLanes) next = mul(next, maskOf(left));
      store(args.next + at + n * kLanes, next);
      if (smooth) {
        vec rho = activate(next, args.activation);
        if (n == N - 1 && left < kLanes) rho = mul(rho, maskOf(left));
        store(args.nextActivity + at + n * kLanes, rho);
      }
      change = larger(change, absolute(sub(next, s)));
    }
    const float residual = largestLane(change);
    if (residual > args.residual[example] || residual != residual) args.residual[example] = residual; // a NaN stays
  }

  // `x` is ρ'(s)·input.
  static vec descend(const Descent& d, std::size_t example, std::size_t unit, vec s, vec x, const float* target) {
    vec force = fmadd(broadcast(-d.leak), s, x);
    if (target) force = fmadd(broadcast(d.beta), load(target), force);
    const vec relaxation = broadcast(d.relaxation);
    if (d.response != Activation::identity) {
      return fmadd(relaxation, activate(force, d.response), mul(broadcast(1 - d.relaxation), s));
    }
    vec curvature = broadcast(d.bound ? d.curvature + d.bound[example] : d.curvature);
    if (d.coupling) curvature = add(curvature, load(d.coupling + unit));
    return fmadd(div(relaxation, curvature), force, s);
  }
};

struct Energy {
  const EnergyArgs& args;
  template <int N> void row(std::size_t example, std::size_t unit, const vec (&sum)[N]) const {
    const std::size_t at = example * args.stride + unit;
    const float* base = args.input.base + example * args.input.baseStride + unit;
    const vec leak = broadcast(args.leak);
    vec twice = broadcast(0.0f);
    EQ_UNROLL
    for (int n = 0; n < N; ++n) {
      const vec s = load(args.state + at + n * kLanes);
      const vec rho = load(args.activity + at + n * kLanes);
      twice = add(twice, sub(mul(leak, mul(s, s)), mul(rho, add(sum[n], load(base + n * kLanes)))));
    }
    args.energy[example] += 0.5 * static_cast<double>(sumOfLanes(twice));
  }
};

void affine(const Input& input, float* out, std::size_t stride) { forEachTile(input, Keep{out, stride}); }
void step(const StepArgs& args) {
  if (args.descent || args.moves) {
    forEachTile(args.input, Step<Form::general>{args});
  } else if (args.activation == Activation::identity) {
    forEachTile(args.input, Step<Form::plain>{args});
  } else {
    forEachTile(args.input, Step<Form::smooth>{args});
  }
}
void energy(const EnergyArgs& args) { forEachTile(args.input, Energy{args}); }

// acc[m][n] += pre[m] · post[n], for one example.
template <int M, int N> inline void addExample(vec (&acc)[M][N], const float* pre, const float* post) {
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
inline bool addTerm(vec (&acc)[M][N], const OuterTerm& term, const OuterArgs& args, std::size_t from) {
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
inline void update(const Update& rule, const vec (&sum)[M][N], float last, float* weights, float* velocity) {
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
    store(activity + i, mul(rho, maskOf(size - i)));
  }
}

void softmaxRow(const float* x, float* p, std::size_t size) {
  float highest = x[0];
  for (std::size_t i = 1; i < size; ++i) highest = x[i] > highest ? x[i] : highest;
  vec sum = broadcast(0.0f);
  for (std::size_t i = 0; i < size; i += kLanes) {
    const vec e = mul(exponential(sub(load(x + i), broadcast(highest))), maskOf(size - i));
    store(p + i, e);
    sum = add(sum, e);
  }
  const vec scale = broadcast(1 / sumOfLanes(sum));
  for (std::size_t i = 0; i < size; i += kLanes) store(p + i, mul(load(p + i), scale));
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
