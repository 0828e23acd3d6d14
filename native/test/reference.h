// The framework in plain loops in double, one example at a time: what the engine is held against where there is no
// JavaScript.
#pragma once

#include <algorithm>
#include <cmath>
#include <vector>

#include "engine/network.h"

namespace test {

using Row = std::vector<double>;
using States = std::vector<Row>; // by layer

inline double rho(double s, eqprop::Activation activation) {
  if (activation == eqprop::Activation::sigmoid) return 1 / (1 + std::exp(-s));
  return activation == eqprop::Activation::tanh ? std::tanh(s) : s;
}

inline double slopeOf(double s, eqprop::Activation activation) {
  const double r = rho(s, activation);
  if (activation == eqprop::Activation::sigmoid) return r * (1 - r);
  return activation == eqprop::Activation::tanh ? 1 - r * r : 1;
}

struct Example {
  Row target;
  double weight = 1;
  std::vector<std::vector<bool>> held; // by layer; empty: none
};

class Reference {
public:
  Reference(const eqprop::Network& network_, std::vector<std::vector<float>> values_)
      : network(network_), values(std::move(values_)) {}

  double weight(const eqprop::Connection& c, std::size_t i, std::size_t j) const {
    const eqprop::ParameterSpec& p = network.parameters[c.parameter];
    const std::vector<float>& w = values[c.parameter];
    if (!p.symmetric) return w[i * p.columns + j];
    if (i == j) return 0;
    const std::size_t a = std::min(i, j), b = std::max(i, j);
    return w[a * (2 * p.rows - a - 1) / 2 + b - a - 1];
  }

  double activity(const States& s, std::size_t layer, std::size_t unit) const {
    return rho(s[layer][unit], network.layers[layer].activation);
  }

  Row input(const States& s, std::size_t layer) const {
    Row sum(network.layers[layer].size);
    for (const eqprop::Connection& c : network.connections) {
      for (std::size_t j = 0; j < sum.size(); ++j) {
        if (c.kind == eqprop::Connection::bias) {
          if (c.post == layer) sum[j] += values[c.parameter][j];
        } else if (c.post == layer) {
          for (std::size_t i = 0; i < s[c.pre].size(); ++i) sum[j] += activity(s, c.pre, i) * weight(c, i, j);
        } else if (c.pre == layer) {
          for (std::size_t i = 0; i < s[c.post].size(); ++i) sum[j] += activity(s, c.post, i) * weight(c, j, i);
        }
      }
    }
    return sum;
  }

  Row logits(const Row& y) const {
    if (!network.readsOut()) return y;
    const std::size_t classes = network.targetSize();
    Row z(classes);
    for (std::size_t k = 0; k < classes; ++k) {
      z[k] = values[network.cost.bias][k];
      for (std::size_t j = 0; j < y.size(); ++j) z[k] += y[j] * values[network.cost.weight][j * classes + k];
    }
    return z;
  }

  // w (d − softmax(z)) of what is read out; of a squared error, −w ∂C/∂y.
  Row miss(const Row& y, const Example& example) const {
    Row z = logits(y);
    const eqprop::CostSpec& cost = network.cost;
    double highest = *std::max_element(z.begin(), z.end()), sum = 0, total = 0;
    for (std::size_t k = 0; k < z.size(); ++k) sum += std::exp(z[k] - highest), total += example.target[k];
    for (std::size_t k = 0; k < z.size(); ++k) {
      if (cost.kind == eqprop::CostSpec::squaredError) {
        z[k] = (cost.weights.empty() ? 1 : cost.weights[k]) * (example.target[k] - z[k]);
      } else {
        z[k] = example.target[k] - total * std::exp(z[k] - highest) / sum;
      }
      z[k] *= example.weight;
    }
    return z;
  }

  Row nudge(const Row& y, const Example& example) const {
    const Row m = miss(y, example);
    if (!network.readsOut()) return m;
    Row n(y.size());
    for (std::size_t j = 0; j < n.size(); ++j) {
      for (std::size_t k = 0; k < m.size(); ++k) n[j] += m[k] * values[network.cost.weight][j * m.size() + k];
    }
    return n;
  }

  double cost(const Row& y, const Example& example) const {
    const Row z = logits(y);
    double sum = 0, exponentials = 0, decay = 0;
    for (const double x : z) exponentials += std::exp(x);
    for (std::size_t k = 0; k < z.size(); ++k) {
      const double d = example.target[k];
      if (network.cost.kind != eqprop::CostSpec::squaredError) {
        sum += d * (std::log(exponentials) - z[k]);
      } else {
        sum += 0.5 * (network.cost.weights.empty() ? 1 : network.cost.weights[k]) * (z[k] - d) * (z[k] - d);
      }
    }
    for (std::size_t p = 0; p < values.size(); ++p) {
      for (const float x : values[p]) decay += 0.5 * network.parameters[p].decay * x * x;
    }
    return example.weight * sum + decay;
  }

  double energy(const States& s) const {
    double sum = 0;
    for (std::size_t l = 0; l < s.size(); ++l) {
      for (const double x : s[l])
        sum += 0.5 * network.layers[l].leak * x * x + potential(x, network.layers[l].response);
    }
    for (const eqprop::Connection& c : network.connections) {
      for (std::size_t j = 0; j < s[c.post].size(); ++j) {
        if (c.kind == eqprop::Connection::bias) {
          sum -= values[c.parameter][j] * activity(s, c.post, j);
          continue;
        }
        const double share = c.kind == eqprop::Connection::lateral ? 0.5 : 1;
        for (std::size_t i = 0; i < s[c.pre].size(); ++i) {
          sum -= share * activity(s, c.pre, i) * weight(c, i, j) * activity(s, c.post, j);
        }
      }
    }
    return sum;
  }

  // All iterations: no tolerance.
  States settle(States s, const eqprop::Phase& phase, const Example& example) const {
    std::vector<std::size_t> order = phase.beta == 0 && !phase.clamp ? network.outwards : network.inwards;
    if (phase.clamp) {
      Row& y = s[network.output];
      for (std::size_t j = 0; j < y.size(); ++j) y[j] += *phase.clamp * (example.target[j] - y[j]);
      order.erase(std::find(order.begin(), order.end(), network.output));
    }
    for (std::size_t t = 0; t < phase.dynamics.iterations; ++t) {
      States next = s;
      const bool inPlace = phase.dynamics.kind == eqprop::Dynamics::coordinateDescent;
      for (const std::size_t l : order) next[l] = step(inPlace ? next : s, l, phase, example);
      s = next;
    }
    return s;
  }

  // −∂E/∂θ of one example, and of the cost's own parameters −∂C/∂θ at the free state, times a scale, added to `out`.
  void addContrast(const States& s, double scale, std::vector<Row>& out) const {
    for (const eqprop::Connection& c : network.connections) {
      const eqprop::ParameterSpec& p = network.parameters[c.parameter];
      std::size_t k = 0;
      for (std::size_t i = 0; i < p.rows; ++i) {
        for (std::size_t j = p.symmetric ? i + 1 : 0; j < p.columns; ++j, ++k) {
          const double pre = c.kind == eqprop::Connection::bias ? 1 : activity(s, c.pre, i);
          out[c.parameter][k] += scale * pre * activity(s, c.post, j);
        }
      }
    }
  }

  void addReadOut(const States& free, const Example& example, double scale, std::vector<Row>& out) const {
    if (!network.readsOut()) return;
    const Row &y = free[network.output], m = miss(y, example);
    for (std::size_t k = 0; k < m.size(); ++k) {
      out[network.cost.bias][k] += scale * m[k];
      for (std::size_t j = 0; j < y.size(); ++j) out[network.cost.weight][j * m.size() + k] += scale * y[j] * m[k];
    }
  }

  // The mean gradient over examples, each with its start.
  std::vector<Row> gradient(const std::vector<States>& starts, const std::vector<Example>& examples,
                            const eqprop::Program& program) const {
    std::vector<Row> out;
    for (const std::vector<float>& v : values) out.emplace_back(v.size());
    for (std::size_t e = 0; e < starts.size(); ++e) {
      std::vector<States> ends;
      for (const eqprop::Phase& phase : program.phases) {
        ends.push_back(
            settle(phase.from < 0 ? starts[e] : ends[static_cast<std::size_t>(phase.from)], phase, examples[e]));
      }
      const double scale = -1.0 / static_cast<double>(starts.size());
      for (const eqprop::Term& t : program.terms) {
        addContrast(ends[static_cast<std::size_t>(t.phase)], scale * t.coefficient, out);
      }
      addReadOut(ends[0], examples[e], scale, out);
    }
    for (std::size_t p = 0; p < out.size(); ++p) {
      for (std::size_t k = 0; k < out[p].size(); ++k) out[p][k] += network.parameters[p].decay * values[p][k];
    }
    return out;
  }

  const eqprop::Network network;
  const std::vector<std::vector<float>> values; // of parameters, row-major

private:
  static double potential(double s, eqprop::Activation response) {
    const auto entropy = [](double x) { return x > 0 ? x * std::log(x) : 0; };
    if (response == eqprop::Activation::sigmoid) return entropy(s) + entropy(1 - s);
    if (response == eqprop::Activation::tanh) return 0.5 * (entropy(1 + s) + entropy(1 - s));
    return 0;
  }

  Row step(const States& s, std::size_t l, const eqprop::Phase& phase, const Example& example) const {
    const eqprop::LayerSpec& layer = network.layers[l];
    const bool nudged = l == network.output && phase.beta != 0;
    const Row in = input(s, l), n = nudged ? nudge(s[l], example) : Row(layer.size);
    Row next = s[l];
    for (std::size_t j = 0; j < layer.size; ++j) {
      if (!example.held.empty() && !example.held[l].empty() && example.held[l][j]) continue;
      const double x = s[l][j];
      const double force = slopeOf(x, layer.activation) * in[j] - layer.leak * x + phase.beta * n[j];
      double rate = phase.dynamics.rate;
      if (phase.dynamics.kind != eqprop::Dynamics::euler) rate /= curvature(l, j, phase, nudged ? example.weight : 0);
      next[j] = layer.response == eqprop::Activation::identity
                    ? x + rate * force
                    : x + phase.dynamics.rate * (rho(force, layer.response) - x);
      next[j] = std::fmin(layer.high, std::fmax(layer.low, next[j]));
    }
    return next;
  }

  double curvature(std::size_t l, std::size_t j, const eqprop::Phase& phase, double weight_) const {
    const double b = phase.beta * weight_;
    double sum = network.layers[l].leak + std::fmax(b * network.cost.least, b * network.cost.most);
    if (phase.dynamics.kind != eqprop::Dynamics::coordinateDescent) return sum;
    for (const eqprop::Connection& c : network.connections) {
      if (c.kind != eqprop::Connection::lateral || c.post != l) continue;
      for (std::size_t i = 0; i < network.layers[l].size; ++i) sum += std::fabs(weight(c, i, j));
    }
    return sum;
  }
};

} // namespace test
