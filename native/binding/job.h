// One piece of work on a thread of its own, of which a JavaScript function hears.
//
// Not libuv's pool: its four threads also read files. A job that runs when its environment ends (a worker that is
// terminated, process.exit) is cancelled and joined before anything that it uses goes away. No promise of Node-API's: one
// that is never settled, as of such a job, is never freed.
#pragma once

#include <napi.h>

#include <functional>
#include <memory>

#include "engine/plan.h"

namespace eqprop {

class Job {
public:
  // Makes the job's result; runs on JavaScript's thread.
  using Finish = std::function<Napi::Value(Napi::Env)>;
  // Runs on the job's thread and may throw.
  using Work = std::function<Finish(Job&)>;

  Job(const Job&) = delete;
  Job& operator=(const Job&) = delete;

  // Returns a function that cancels it. The listener is called with 'progress' and totals, and at last with 'done' and the
  // result or with 'failed' and an error.
  static Napi::Function start(Napi::Env env, const Napi::Value& listener, Work work);

  // Cancels and joins all jobs of an environment: for process.exit, where clean-up hooks do not run.
  static void stopAll(Napi::Env env);
  // Joins what threads are left of jobs that have ended, but for so many: the newest.
  static void joinEnded(Napi::Env env, std::size_t but);

  // For the job's thread.
  const Cancel& cancel() const { return *cancel_; }
  void report(const Totals& totals);

private:
  // What its thread has to say. No message allocates: there may be no memory, and nobody to tell.
  enum class Message { progress, end };
  static void receive(Napi::Env env, Napi::Function listener, Job* job, Message* message);
  using Channel = Napi::TypedThreadSafeFunction<Job, Message, receive>;

  Job(Napi::Env env, Work work);
  ~Job();

  void run();
  void end();
  void tell(Napi::Env env, const Napi::Function& listener);
  void stop();
  void settle(Napi::Env env, const Napi::Function& listener);
  Napi::Error toError(Napi::Env env) const;
  // All jobs of the environment, as one may wait for another's turn.
  static void stopHook(void* job) { stopAll(static_cast<Job*>(job)->env_); }

  const Napi::Env env_;
  Work work_;
  Channel channel_;
  std::thread thread_;
  const std::shared_ptr<Cancel> cancel_ = std::make_shared<Cancel>(false);
  bool ended_ = false;       // it has nothing more to say, and waits to be joined
  Finish finish_;            // written by the job's thread before its last message
  std::exception_ptr error_; // likewise

  std::mutex mutex_; // guards newest_ and pending_
  Totals newest_;
  bool pending_ = false;
  std::chrono::steady_clock::time_point reported_{};

  // The jobs of all environments: a list through the jobs themselves.
  Job *next_ = nullptr, **here_ = nullptr;
  static Job* first_;
};

} // namespace eqprop
