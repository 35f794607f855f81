// SPDX-License-Identifier: MIT OR Apache-2.0
#include "platform/metrics.hpp"

#include <prometheus/counter.h>
#include <prometheus/gauge.h>
#include <prometheus/histogram.h>
#include <prometheus/registry.h>
#include <prometheus/text_serializer.h>
#include <sys/resource.h>
#include <unistd.h>

#include <filesystem>
#include <fstream>
#include <mutex>

namespace venus::platform {
namespace {

class OneCounter final : public Counter {
 public:
  explicit OneCounter(prometheus::Counter& target) : target_(target) {}
  void add(double amount) override { target_.Increment(amount); }

 private:
  prometheus::Counter& target_;
};

class OneGauge final : public Gauge {
 public:
  explicit OneGauge(prometheus::Gauge& target) : target_(target) {}
  void set(double value) override { target_.Set(value); }
  void add(double amount) override { target_.Increment(amount); }

 private:
  prometheus::Gauge& target_;
};

class OneHistogram final : public Histogram {
 public:
  explicit OneHistogram(prometheus::Histogram& target) : target_(target) {}
  void observe(double value) override { target_.Observe(value); }

 private:
  prometheus::Histogram& target_;
};

std::string identity(const std::string& name, const Labels& labels) {
  std::string out = name;
  for (const auto& [key, value] : labels)
    out += '\n' + key + '\t' + value;
  return out;
}

}  // namespace

struct Metrics::Impl {
  prometheus::Registry registry;
  std::mutex mutex;
  std::map<std::string, std::unique_ptr<Counter>> counters;
  std::map<std::string, std::unique_ptr<Gauge>> gauges;
  std::map<std::string, std::unique_ptr<Histogram>> histograms;
  std::vector<std::function<void()>> updates;
};

const std::vector<double>& latency_buckets() {
  static const std::vector<double> kBuckets{0.0001, 0.0003, 0.001, 0.003, 0.01, 0.03,
                                            0.1,    0.3,    1,     3,     10,   30};
  return kBuckets;
}

Metrics::Metrics() : impl_(std::make_unique<Impl>()) {}
Metrics::~Metrics() = default;

Counter& Metrics::counter(const std::string& name, const std::string& help, const Labels& labels) {
  std::lock_guard lock(impl_->mutex);
  auto& held = impl_->counters[identity(name, labels)];
  if (!held) {
    auto& family = prometheus::BuildCounter().Name(name).Help(help).Register(impl_->registry);
    held = std::make_unique<OneCounter>(family.Add(labels));
  }
  return *held;
}

Gauge& Metrics::gauge(const std::string& name, const std::string& help, const Labels& labels) {
  std::lock_guard lock(impl_->mutex);
  auto& held = impl_->gauges[identity(name, labels)];
  if (!held) {
    auto& family = prometheus::BuildGauge().Name(name).Help(help).Register(impl_->registry);
    held = std::make_unique<OneGauge>(family.Add(labels));
  }
  return *held;
}

Histogram& Metrics::histogram(const std::string& name, const std::string& help,
                              const std::vector<double>& buckets, const Labels& labels) {
  std::lock_guard lock(impl_->mutex);
  auto& held = impl_->histograms[identity(name, labels)];
  if (!held) {
    auto& family = prometheus::BuildHistogram().Name(name).Help(help).Register(impl_->registry);
    held = std::make_unique<OneHistogram>(family.Add(labels, buckets));
  }
  return *held;
}

void Metrics::on_scrape(std::function<void()> update) {
  std::lock_guard lock(impl_->mutex);
  impl_->updates.push_back(std::move(update));
}

std::string Metrics::exposition() const {
  std::vector<std::function<void()>> updates;
  {
    std::lock_guard lock(impl_->mutex);
    updates = impl_->updates;
  }
  for (const auto& update : updates)
    update();
  return prometheus::TextSerializer().Serialize(impl_->registry.Collect());
}

void add_process_metrics(Metrics& metrics) {
  auto& resident = metrics.gauge("process_resident_memory_bytes", "Resident memory");
  auto& cpu = metrics.gauge("process_cpu_seconds_total", "CPU time, user and system");
  auto& files = metrics.gauge("process_open_fds", "Open file descriptors");
  auto& start = metrics.gauge("process_start_time_seconds", "Unix time of the start");
  start.set(static_cast<double>(::time(nullptr)));
  metrics.on_scrape([&resident, &cpu, &files] {
    std::ifstream statm("/proc/self/statm");
    std::uint64_t total = 0;
    std::uint64_t pages = 0;
    if (statm >> total >> pages)
      resident.set(static_cast<double>(pages) * static_cast<double>(::sysconf(_SC_PAGESIZE)));
    rusage usage{};
    ::getrusage(RUSAGE_SELF, &usage);
    const auto seconds = [](const timeval& t) {
      return static_cast<double>(t.tv_sec) + static_cast<double>(t.tv_usec) / 1e6;
    };
    cpu.set(seconds(usage.ru_utime) + seconds(usage.ru_stime));
    std::error_code error;
    double open = 0;
    for (auto it = std::filesystem::directory_iterator("/proc/self/fd", error);
         !error && it != std::filesystem::directory_iterator(); it.increment(error)) {
      ++open;
    }
    files.set(open);
  });
}

}  // namespace venus::platform
