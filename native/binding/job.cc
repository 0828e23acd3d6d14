#include "binding/job.h"

#include <chrono>
#include <string>

#include "binding/convert.h"
#include "engine/errors.h"

namespace eqprop {

namespace {

constexpr auto kProgressInterval = std::chrono::milliseconds(50);

// Threads of ended jobs that an environment joins later. One that has just said its last word may be waiting for a processor
// to end on, and JavaScript's thread must not wait with it.
constexpr std::size_t kJoinedLater = 8;

// Guards the list of jobs, which JavaScript's threads alone touch.
std::mutex& listMutex() {
  static std::mutex& mutex = *new std::mutex; // never destroyed: threads may outlive static storage
  return mutex;
}

} // namespace

Job* Job::first_ = nullptr;

Job::Job(Napi::Env env, Work work) : env_(env), work_(std::move(work)) {
  std::lock_guard<std::mutex> lock(listMutex());
  next_ = first_;
  here_ = &first_;
  if (next_) next_->here_ = &next_;
  first_ = this;
}

Job::~Job() {
  std::lock_guard<std::mutex> lock(listMutex());
  *here_ = next_;
  if (next_) next_->here_ = here_;
}

// What may fail comes before the thread starts.
Napi::Function Job::start(Napi::Env env, const Napi::Value& listener, Work work) {
  if (!listener.IsFunction()) throw Napi::TypeError::New(env, "a job's listener must be a function");
  const auto destroy = [](Job* job) { delete job; };
  std::unique_ptr<Job, decltype(destroy)> owned(new Job(env, std::move(work)), destroy);
  Job* job = owned.get();
  const auto cancel = Napi::Function::New(
      env, [cancel = job->cancel_](const Napi::CallbackInfo&) { cancel->store(true, std::memory_order_relaxed); });
  const auto end = [](Napi::Env closing, void*, Job* ending) {
    if (!ending->thread_.joinable()) return delete ending; // stopped, or never begun
    ending->ended_ = true;
    joinEnded(closing, kJoinedLater);
  };
  job->channel_ = Channel::New(env, listener.As<Napi::Function>(), "eqprop job", 0, 1, job, end);
  owned.release(); // it is deleted some time after the channel's end
  // After the channel, as hooks run last-first: the thread must have ended before its channel closes.
  napi_add_env_cleanup_hook(env, stopHook, job);
  try {
    job->thread_ = std::thread(&Job::run, job);
  } catch (...) { // no thread could be had: the listener hears of it
    job->error_ = std::current_exception();
    job->end();
  }
  return cancel;
}

// On the job's thread.
void Job::run() {
  flushDenormals();
  try {
    finish_ = work_(*this);
  } catch (...) {
    error_ = std::current_exception();
  }
  end();
}

void Job::end() {
  work_ = nullptr; // what it holds (plan, data) goes now, not at some garbage collection
  static Message message = Message::end;
  channel_.BlockingCall(&message);
  channel_.Release();
}

// On the job's thread.
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
  static Message message = Message::progress;
  channel_.NonBlockingCall(&message);
}

// On JavaScript's thread, or on no environment's any more.
void Job::receive(Napi::Env env, Napi::Function listener, Job* job, Message* message) {
  if (static_cast<napi_env>(env) == nullptr) return;
  if (*message == Message::end) return job->settle(env, listener);
  job->tell(env, listener);
}

void Job::tell(Napi::Env env, const Napi::Function& listener) {
  Totals newest;
  {
    std::lock_guard<std::mutex> lock(mutex_);
    newest = newest_;
    pending_ = false;
  }
  listener.Call({Napi::String::New(env, "progress"), toObject(env, newest)});
}

// On JavaScript's thread: in the clean-up hook, or by stopAll.
void Job::stop() {
  cancel_->store(true, std::memory_order_relaxed);
  if (thread_.joinable()) thread_.join();
}

// Joins without the lock, or other environments would wait, too. Jobs of this one come and go on this thread alone.
void Job::stopAll(Napi::Env env) {
  for (;;) {
    Job* running = nullptr;
    {
      std::lock_guard<std::mutex> lock(listMutex());
      for (Job* job = first_; job; job = job->next_) {
        if (static_cast<napi_env>(job->env_) != static_cast<napi_env>(env) || !job->thread_.joinable()) continue;
        job->cancel_->store(true, std::memory_order_relaxed);
        running = job;
      }
    }
    if (!running) return;
    running->stop();
  }
}

void Job::joinEnded(Napi::Env env, std::size_t but) {
  for (;;) {
    Job* oldest = nullptr; // jobs stand in the list as they came, the newest first
    std::size_t count = 0;
    {
      std::lock_guard<std::mutex> lock(listMutex());
      for (Job* job = first_; job; job = job->next_) {
        if (static_cast<napi_env>(job->env_) != static_cast<napi_env>(env) || !job->ended_) continue;
        oldest = job;
        ++count;
      }
    }
    if (count <= but) return;
    oldest->stop();
    delete oldest;
  }
}

// On JavaScript's thread, when the work is done.
void Job::settle(Napi::Env env, const Napi::Function& listener) {
  napi_remove_env_cleanup_hook(env, stopHook, this);
  Napi::HandleScope scope(env);
  Napi::Value result;
  if (!error_) {
    try {
      result = finish_(env);
    } catch (...) {
      error_ = std::current_exception();
    }
  }
  finish_ = nullptr; // its memory goes before anybody is told
  if (error_)
    listener.Call({Napi::String::New(env, "failed"), toError(env).Value()});
  else
    listener.Call({Napi::String::New(env, "done"), result});
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
    constexpr const char* kWhere[] = {"state", "energy", "cost", "parameter"};
    Napi::Error error = make("diverged", diverged.what());
    error.Set("where", Napi::String::New(env, kWhere[diverged.where]));
    error.Set("index", Napi::Number::New(env, static_cast<double>(diverged.index)));
    error.Set("step", Napi::Number::New(env, static_cast<double>(diverged.step)));
    return error;
  } catch (const std::bad_alloc&) {
    return make("memory", "there is not enough memory");
  } catch (const std::exception& other) {
    return make("internal", other.what());
  }
}

} // namespace eqprop
