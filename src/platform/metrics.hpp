// SPDX-License-Identifier: MIT OR Apache-2.0
// Figures for Prometheus. One registry per process, made in main and passed on. Objects handed out
// live as long as it does; counting is lock-free or close to it.
#pragma once

#include <functional>
#include <map>
#include <memory>
#include <string>
#include <vector>

namespace venus::platform {

using Labels = std::map<std::string, std::string>;

class Counter {
 public:
  virtual ~Counter() = default;
  /// Adds a value >= 0.
  virtual void add(double amount = 1) = 0;
};

class Gauge {
 public:
  virtual ~Gauge() = default;
  virtual void set(double value) = 0;
  virtual void add(double amount) = 0;
};

class Histogram {
 public:
  virtual ~Histogram() = default;
  virtual void observe(double value) = 0;
};

/// From 100 µs to 30 s.
const std::vector<double>& latency_buckets();

class Metrics {
 public:
  Metrics();
  ~Metrics();
  Metrics(const Metrics&) = delete;
  Metrics& operator=(const Metrics&) = delete;

  /// The same name and labels give the same object. Names follow Prometheus: venus_<what>_<unit>,
  /// counters end with _total. Label values must come from a small set.
  Counter& counter(const std::string& name, const std::string& help, const Labels& labels = {});
  Gauge& gauge(const std::string& name, const std::string& help, const Labels& labels = {});
  Histogram& histogram(const std::string& name, const std::string& help,
                       const std::vector<double>& buckets = latency_buckets(),
                       const Labels& labels = {});
  /// Runs before each scrape, to set gauges from counts kept elsewhere.
  void on_scrape(std::function<void()> update);
  /// The text exposition format.
  [[nodiscard]] std::string exposition() const;

 private:
  struct Impl;
  std::unique_ptr<Impl> impl_;
};

/// Memory, CPU, open files and start time of this process, under Prometheus's usual names.
void add_process_metrics(Metrics& metrics);

}  // namespace venus::platform
