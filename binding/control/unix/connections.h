// The connections to the control socket, and whose turn it is: each gets one answer in a round, and the
// newest is always answered. All belong to the server's thread.
#pragma once

#include <poll.h>

#include <cstdint>
#include <string>
#include <vector>

#include "control/answers.h"
#include "control/unix/listener.h"

namespace pendingop::control {

class Connections {
 public:
  explicit Connections(const Listener& listener) : listener_(listener) {}
  Connections(const Connections&) = delete;
  Connections& operator=(const Connections&) = delete;
  ~Connections();

  // Adds what is to be polled, the listener first. Returns the longest time to wait, in ms; -1: any time.
  int addTo(std::vector<pollfd>* polled) const;
  // Goes through what was polled, in the order of addTo().
  void round(const pollfd* polled);

 private:
  struct Connection {
    int fd;
    uint32_t uid;
    uint64_t used;  // the round in which it was accepted or answered last
    std::string in;
    std::string out;
    Waiting waiting;
    bool heard = false;  // the client says nothing more
    bool ended = false;

    bool isAnswering() const { return !out.empty() || !waiting.isEmpty(); }
    bool hasRequest() const { return in.find('\n') != std::string::npos; }
  };

  static void receive(Connection& connection);
  static void send(Connection& connection);
  void serve(Connection& connection) const;
  void accept();
  bool dropOne();

  Listener listener_;
  std::vector<Connection> all_;
  uint64_t round_ = 0;
  bool canAccept_ = true;
};

}  // namespace pendingop::control
