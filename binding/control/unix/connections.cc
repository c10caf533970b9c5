#include "control/unix/connections.h"

#include <errno.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>

#include "base/clock.h"

namespace pendingop::control {

namespace {
constexpr size_t kMostConnections = 32;
constexpr size_t kLongestRequest = 64 * 1024;
// ms between checks whether what a connection waits for is over.
constexpr int kPollMs = 2;
// ms between attempts to accept in a process that has no descriptor left.
constexpr int kRestMs = 100;

#ifdef MSG_NOSIGNAL
constexpr int kSendFlags = MSG_NOSIGNAL;
#else
constexpr int kSendFlags = 0;
#endif
}  // namespace

Connections::~Connections() {
  for (const Connection& one : all_) ::close(one.fd);
  listener_.close();
}

int Connections::addTo(std::vector<pollfd>* polled) const {
  polled->push_back({listener_.fd(), static_cast<short>(canAccept_ ? POLLIN : 0), 0});
  int longest = canAccept_ ? -1 : kRestMs;
  for (const Connection& one : all_) {
    // The next request of a connection is read once the one before it was answered.
    const bool reads = !one.isAnswering() && !one.hasRequest();
    const int events = (reads ? POLLIN : 0) | (one.out.empty() ? 0 : POLLOUT);
    polled->push_back({one.fd, static_cast<short>(events), 0});
    if (!one.waiting.isEmpty()) longest = longest == 0 ? 0 : kPollMs;
    if (!one.isAnswering() && one.hasRequest()) longest = 0;
  }
  return longest;
}

void Connections::round(const pollfd* polled) {
  round_++;
  const short atListener = polled[0].revents;
  for (size_t i = 0; i < all_.size(); i++) {
    const short events = polled[i + 1].revents;
    Connection& one = all_[i];
    if ((events & (POLLIN | POLLHUP | POLLERR)) != 0) receive(one);
    serve(one);
    send(one);
    if (one.heard && !one.isAnswering() && !one.hasRequest()) one.ended = true;
    // Nobody is left to read an answer.
    if ((events & (POLLHUP | POLLERR)) != 0) one.ended = true;
  }
  std::erase_if(all_, [](const Connection& one) {
    if (one.ended) ::close(one.fd);
    return one.ended;
  });
  listener_.reserve();
  if (!canAccept_ || (atListener & POLLIN) != 0) accept();
}

// One in each round: those before it have had their turn by then.
void Connections::accept() {
  canAccept_ = true;
  int fd;
  uint32_t uid;
  Listener::Taken taken = listener_.accept(&fd, &uid);
  if (taken == Listener::Taken::noDescriptor && dropOne()) taken = listener_.accept(&fd, &uid);
  canAccept_ = taken != Listener::Taken::noDescriptor;
  if (taken != Listener::Taken::one) return;
  if (all_.size() == kMostConnections) dropOne();
  all_.push_back({fd, uid, round_, {}, {}, {}, false, false});
}

// Drops the connection that has been silent for longest, before those that an answer is made for.
bool Connections::dropOne() {
  const auto oldest =
      std::min_element(all_.begin(), all_.end(), [](const Connection& a, const Connection& b) {
        return a.isAnswering() != b.isAnswering() ? b.isAnswering() : a.used < b.used;
      });
  if (oldest == all_.end()) return false;
  ::close(oldest->fd);
  all_.erase(oldest);
  listener_.reserve();
  return true;
}

void Connections::receive(Connection& connection) {
  char buffer[4096];
  for (;;) {
    const ssize_t size = recv(connection.fd, buffer, sizeof buffer, 0);
    if (size > 0) {
      connection.in.append(buffer, static_cast<size_t>(size));
      if (connection.in.size() > kLongestRequest) connection.ended = true;
      if (connection.ended || static_cast<size_t>(size) < sizeof buffer) return;
    } else {
      if (size == 0)
        connection.heard = true;
      else if (errno != EAGAIN && errno != EINTR)
        connection.ended = true;
      return;
    }
  }
}

// One request after the other: the next one waits until the answer was sent.
void Connections::serve(Connection& connection) const {
  if (!connection.waiting.isEmpty()) {
    connection.out += answerOf(connection.waiting, nowNs());
    return;
  }
  const size_t end = connection.in.find('\n');
  if (!connection.out.empty() || end == std::string::npos) return;
  const std::string line = connection.in.substr(0, end);
  connection.in.erase(0, end + 1);
  connection.out += answer(line, connection.uid, &connection.waiting);
  connection.used = round_;
}

void Connections::send(Connection& connection) {
  while (!connection.out.empty() && !connection.ended) {
    const ssize_t size = ::send(connection.fd, connection.out.data(), connection.out.size(), kSendFlags);
    if (size >= 0) {
      connection.out.erase(0, static_cast<size_t>(size));
      continue;
    }
    if (errno != EAGAIN && errno != EINTR) connection.ended = true;
    return;
  }
}

}  // namespace pendingop::control
