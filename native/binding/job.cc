#include "binding/job.h"

#include <chrono>
#include <set>
#include <string>

#include "binding/convert.h"
#include "engine/errors.h"

namespace eqprop {

namespace {

constexpr auto kProgressInterval = std::chrono::milliseconds(50);

// The jobs of each environment. Touched on JavaScript's threads only, hence the lock.
std::mutex& registryMutex() {
  static std::mutex& mutex = *new std::mutex; // never destroyed: threads may outlive static storage
  return mutex;
}
std::set<Job*>& registry() {
  static std::set<Job*>& jobs = *new std::set<Job*>;
  return jobs;
}

} // namespace

Napi::Object Job::start(Napi::Env env, const Napi::Value& onProgress, Work work) {
  const Napi::Function callback = onProgress.IsFunction() ? onProgress.As<Napi::Function>()
                                                          : Napi::Function::New(env, [](const Napi::CallbackInfo&) {});
  auto owned = std::unique_ptr<Job>(new Job(env, std::move(work)));
  Job* job = owned.get();
  job->channel_ = Napi::ThreadSafeFunction::New(env, callback, "eqprop job", 0, 1, [job](Napi::Env) { delete job; });
  owned.release(); // the channel's end deletes it
  // After the channel, as hooks run last-first: the thread must have ended before its channel closes.
  napi_add_env_cleanup_hook(env, stopHook, job);
  {
    std::lock_guard<std::mutex> lock(registryMutex());
    registry().insert(job);
  }
  try {
    job->thread_ = std::thread(&Job::run, job);
  } catch (...) { // no thread could be had: the promise says so
    job->error_ = std::current_exception();
    job->channel_.BlockingCall([job](Napi::Env inner, Napi::Function) { job->settle(inner); });
    job->channel_.Release();
  }

  Napi::Object handle = Napi::Object::New(env);
  handle.Set("promise", job->deferred_.Promise());
  handle.Set("cancel", Napi::Function::New(env, [cancel = job->cancel_](const Napi::CallbackInfo&) {
               cancel->store(true, std::memory_order_relaxed);
             }));
  return handle;
}

// On the job's thread.
void Job::run() {
  flushDenormals();
  try {
    finish_ = work_(*this);
  } catch (...) {
    error_ = std::current_exception();
  }
  work_ = nullptr; // what it holds (plan, data) goes now, not at some garbage collection
  channel_.BlockingCall([this](Napi::Env env, Napi::Function) { settle(env); });
  channel_.Release();
}

void Job::report(const Totals& totals) {
  const auto now = std::chrono::steady_clock::now();
  if (now - reported_ < kProgressInterval) return;
  reported_ = now;
  {
    std::lock_guard<std::mutex> lock(mutex_);
    newest_ = totals;
    if (pending_) return; // the message under way will bring the newest
    pending_ = true;
  }
  channel_.NonBlockingCall([this](Napi::Env env, Napi::Function onProgress) {
    Totals newest;
    {
      std::lock_guard<std::mutex> lock(mutex_);
      newest = newest_;
      pending_ = false;
    }
    onProgress.Call({toObject(env, newest)});
  });
}

// On JavaScript's thread: in the clean-up hook, or by stopAll.
void Job::stop() {
  cancel_->store(true, std::memory_order_relaxed);
  if (thread_.joinable()) thread_.join();
  std::lock_guard<std::mutex> lock(registryMutex());
  registry().erase(this);
}

void Job::stopAll(Napi::Env env) {
  std::set<Job*> mine;
  {
    std::lock_guard<std::mutex> lock(registryMutex());
    for (Job* job : registry()) {
      if (static_cast<napi_env>(job->env_) == static_cast<napi_env>(env)) mine.insert(job);
    }
  }
  for (Job* job : mine) job->cancel_->store(true, std::memory_order_relaxed);
  for (Job* job : mine) job->stop();
}

// On JavaScript's thread, when the work is done.
void Job::settle(Napi::Env env) {
  stop();
  napi_remove_env_cleanup_hook(env, stopHook, this);
  Napi::HandleScope scope(env);
  if (!error_) {
    try {
      deferred_.Resolve(finish_(env));
      finish_ = nullptr;
      return;
    } catch (...) {
      error_ = std::current_exception();
    }
  }
  deferred_.Reject(toError(env).Value());
}

// The code is one that TypeScript knows how to put into words.
Napi::Error Job::toError(Napi::Env env) const {
  const auto make = [&](const char* code, const char* message) {
    Napi::Error error = Napi::Error::New(env, message);
    error.Set("code", Napi::String::New(env, code));
    return error;
  };
  try {
    std::rethrow_exception(error_);
  } catch (const Cancelled& cancelled) {
    return make("cancelled", cancelled.what());
  } catch (const Diverged& diverged) {
    Napi::Error error = make("diverged", diverged.what());
    error.Set("step", Napi::Number::New(env, static_cast<double>(diverged.step)));
    return error;
  } catch (const std::bad_alloc&) {
    return make("memory", "there is not enough memory");
  } catch (const std::exception& other) {
    return make("internal", other.what());
  }
}

} // namespace eqprop
