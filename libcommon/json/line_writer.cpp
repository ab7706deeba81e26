#include "json/line_writer.hpp"

#include <poll.h>
#include <unistd.h>

#include <atomic>
#include <cerrno>
#include <condition_variable>
#include <csignal>
#include <deque>
#include <mutex>
#include <string>
#include <thread>
#include <utility>

namespace nm {

int write_fully(int fd, std::string_view text) {
    while (!text.empty()) {
        const ssize_t n = ::write(fd, text.data(), text.size());
        if (n >= 0) {
            text.remove_prefix(static_cast<std::size_t>(n));
        } else if (errno == EAGAIN) {
            pollfd wait{fd, POLLOUT, 0};
            ::poll(&wait, 1, -1);
        } else if (errno != EINTR) {
            return errno;
        }
    }
    return 0;
}

// A bounded queue of batches and the thread that writes them.
class LineWriter::Background {
  public:
    Background(int fd, std::size_t max_waiting) : fd_(fd), max_waiting_(max_waiting) {
        // Signals are for the thread that measures: this one blocks them all.
        sigset_t all, before;
        sigfillset(&all);
        pthread_sigmask(SIG_BLOCK, &all, &before);
        thread_ = std::thread([this] { run(); });
        pthread_sigmask(SIG_SETMASK, &before, nullptr);
    }
    ~Background() { finish(); }

    void push(std::string_view batch) {
        {
            const std::lock_guard lock(mutex_);
            queue_.emplace_back(batch);
        }
        waiting_ += batch.size();
        wake_.notify_one();
    }
    bool congested() const { return waiting_ >= max_waiting_; }
    int failure() const { return errno_; }
    void finish() {
        {
            const std::lock_guard lock(mutex_);
            ending_ = true;
        }
        wake_.notify_one();
        if (thread_.joinable()) thread_.join();
    }

  private:
    void run() {
        std::unique_lock lock(mutex_);
        while (true) {
            wake_.wait(lock, [this] { return ending_ || !queue_.empty(); });
            if (queue_.empty()) return;
            const std::string batch = std::move(queue_.front());
            queue_.pop_front();
            lock.unlock();
            if (errno_ == 0) errno_ = write_fully(fd_, batch);
            waiting_ -= batch.size();
            lock.lock();
        }
    }

    const int fd_;
    const std::size_t max_waiting_;
    std::atomic<std::size_t> waiting_ = 0;
    std::atomic<int> errno_ = 0;
    bool ending_ = false;
    std::deque<std::string> queue_;
    std::mutex mutex_;
    std::condition_variable wake_;
    std::thread thread_;
};

LineWriter::LineWriter(int fd, std::string name) : fd_(fd), name_(std::move(name)) {}

LineWriter::~LineWriter() = default;

void LineWriter::write_in_background(std::size_t max_waiting_bytes) {
    flush();
    background_ = std::make_unique<Background>(fd_, max_waiting_bytes);
}

bool LineWriter::congested() const {
    return background_ && background_->congested();
}

// What is no regular file has nothing to be emptied of.
void LineWriter::begin() {
    if (!std::exchange(must_empty_, false)) return;
    if (::ftruncate(fd_, 0) != 0 && errno != EINVAL) fail(errno);
}

void LineWriter::flush() {
    if (!buffer_.empty() && !closed()) {
        begin();
        if (background_)
            background_->push(buffer_.view());
        else
            write_all(buffer_.view());
    }
    buffer_.clear();
}

void LineWriter::write_all(std::string_view text) {
    if (const int error = write_fully(fd_, text); error != 0) fail(error);
}

void LineWriter::fail(int errno_value) {
    if (errno_value == EPIPE)
        reader_gone_ = true;
    else
        errno_ = errno_value;
}

bool LineWriter::closed() const {
    return reader_gone_ || errno_ != 0 || (background_ && background_->failure() != 0);
}

Status LineWriter::finish() {
    flush();
    if (background_) {
        background_->finish();
        if (const int error = background_->failure(); error != 0) fail(error);
        background_.reset();
    }
    if (errno_ != 0) return os_error(name_, errno_, Exit::io_error);
    return Done{};
}

}  // namespace nm
