// What every precision shares: how a layer is cut into tiles, and what becomes of a state once its input is summed.
// Included after a vec_*.h, in the anonymous namespace of an instruction set's file. Nothing of the standard library may
// be used here: see target.h.
//
// A tile is up to kTileRows examples × kPanelVectors registers of units. Its sums stay in registers while the
// source units run past: one load of weights serves every example of the tile, and what follows the sum (step,
// clip, residual) happens before the only store.
#pragma once

constexpr std::size_t kPanelWidth = static_cast<std::size_t>(kLanes) * kPanelVectors;

#if defined(__clang__)
#define EQ_UNROLL EQ_PRAGMA(unroll)
#elif defined(__GNUC__)
#define EQ_UNROLL EQ_PRAGMA(GCC unroll 8)
#else
#define EQ_UNROLL
#endif

// For what works on sums: passed to a function that is called, they would live in memory.
#if defined(__GNUC__)
#define EQ_INLINE inline __attribute__((always_inline))
#else
#define EQ_INLINE inline
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

// The total input of M examples and N registers of units, handed to `finish` while it is still in registers.
template <int M, int N, class Products, class Finish>
inline void inputTile(const Input& in, const Products& products, std::size_t panel, const std::uint32_t* rows,
                      const Finish& finish) {
  const std::size_t unit = panel * kPanelWidth;
  vec acc[M][N];
  EQ_UNROLL
  for (int m = 0; m < M; ++m) {
    const float* base = in.base + rows[m] * in.baseStride + unit;
    EQ_UNROLL
    for (int n = 0; n < N; ++n) acc[m][n] = load(base + n * kLanes);
  }
  products.template add<M, N>(acc, panel, rows);
  EQ_UNROLL
  for (int m = 0; m < M; ++m) finish.template row<N>(rows[m], unit, acc[m]);
}

template <int N, class Products, class Finish>
inline void inputRows(const Input& in, const Products& products, std::size_t panel, const std::uint32_t* rows,
                      std::size_t count, const Finish& finish) {
  switch (count) {
  case 1: return inputTile<1, N>(in, products, panel, rows, finish);
  case 2: return inputTile<2, N>(in, products, panel, rows, finish);
  case 3: return inputTile<3, N>(in, products, panel, rows, finish);
  case 4: return inputTile<4, N>(in, products, panel, rows, finish);
  case 5: return inputTile<5, N>(in, products, panel, rows, finish);
  default: return inputTile<6, N>(in, products, panel, rows, finish);
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
template <class Products, class Finish>
inline void forEachTile(const Input& in, const Products& products, const Finish& finish,
                        std::size_t mostRows = kTileRows) {
  static_assert(kTileRows == 6, "the switch of inputRows ends at six");
  const std::size_t tiles = (in.rows.count + mostRows - 1) / mostRows;
  for (std::size_t panel = in.fromPanel; panel < in.toPanel && panel * kPanelWidth < in.size; ++panel) {
    const std::size_t vectors = vectorsOf(panel, in.size);
    for (std::size_t tile = 0; tile < tiles; ++tile) {
      const std::size_t from = tile * in.rows.count / tiles;
      const std::size_t count = (tile + 1) * in.rows.count / tiles - from;
      const std::uint32_t* rows = in.rows.index + from;
      if (vectors == kPanelVectors) {
        inputRows<kPanelVectors>(in, products, panel, rows, count, finish);
      } else if (vectors == 1) {
        inputRows<1>(in, products, panel, rows, count, finish);
      } else if (vectors == 2) {
        inputRows<2>(in, products, panel, rows, count, finish);
      } else {
        inputRows<3>(in, products, panel, rows, count, finish);
      }
    }
  }
}

// The first `units` lanes, and zeros for the padding beyond them: neither ρ(0) nor the nearest state to 0 that a range allows
// need be 0, and an infinite input times a weight of 0 is no number.
constexpr std::uint32_t kAll = 0xffffffffu;
constexpr std::uint32_t kOnesAndZeros[2 * 16] = {kAll, kAll, kAll, kAll, kAll, kAll, kAll, kAll,
                                                 kAll, kAll, kAll, kAll, kAll, kAll, kAll, kAll};
inline vec first(vec a, std::size_t units) { return masked(a, kOnesAndZeros + 16 - (units < kLanes ? units : kLanes)); }

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
      if (n == N - 1 && left < kLanes) next = first(next, left);
      store(args.next + at + n * kLanes, next);
      if (smooth) {
        vec rho = activate(next, args.activation);
        if (n == N - 1 && left < kLanes) rho = first(rho, left);
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

// Has `tiles` visit all tiles of a step, with the epilogue that its arguments ask for.
template <class Tiles> inline void stepBy(const StepArgs& args, const Tiles& tiles) {
  if (args.descent || args.moves) {
    tiles.visit(Step<Form::general>{args});
  } else if (args.activation == Activation::identity) {
    tiles.visit(Step<Form::plain>{args});
  } else {
    tiles.visit(Step<Form::smooth>{args});
  }
}
