#include "sys/drives.h"

#include <cstdint>
#include <cstdio>

namespace pendingop {

namespace {

// The numbers of devices: a file system of this machine, a server, or a program of this machine.
enum class Kind : uint32_t { local = 0, server = 1, program = 2 };

bool isSeparator(char c) { return c == '\\' || c == '/'; }
char lower(char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c + ('a' - 'A')) : c; }
char upper(char c) { return c >= 'a' && c <= 'z' ? static_cast<char>(c - ('a' - 'A')) : c; }
bool isLetter(char c) { return lower(c) >= 'a' && lower(c) <= 'z'; }

// ASCII: names of servers and shares in other letters have to be written alike.
std::string lowered(std::string_view text) {
  std::string copy(text);
  for (char& c : copy) c = lower(c);
  return copy;
}

bool startsWith(std::string_view text, std::string_view with) {
  return lowered(text.substr(0, with.size())) == lowered(with);
}

// Takes the next name, and the separators behind it.
std::string_view takeName(std::string_view* path) {
  size_t end = 0;
  while (end < path->size() && !isSeparator((*path)[end])) end++;
  const std::string_view name = path->substr(0, end);
  while (end < path->size() && isSeparator((*path)[end])) end++;
  path->remove_prefix(end);
  return name;
}

// Takes \\ or \\?\UNC\ of a path that leads to a share.
bool takeShareStart(std::string_view* path) {
  if (path->size() < 3 || !isSeparator((*path)[0]) || !isSeparator((*path)[1])) return false;
  const char third = (*path)[2];
  if (third != '?' && third != '.') {
    path->remove_prefix(2);
    return true;
  }
  if (path->size() < 8 || !startsWith(path->substr(4), "UNC") || !isSeparator((*path)[7])) return false;
  path->remove_prefix(8);
  return true;
}

struct Share {
  std::string_view server, name, rest;
};

bool parseShare(std::string_view path, Share* share) {
  if (!takeShareStart(&path)) return false;
  share->server = takeName(&path);
  share->name = takeName(&path);
  share->rest = path;
  return !share->server.empty() && !share->name.empty();
}

// As mountinfo has names: what would end one as a backslash and three octal digits.
std::string escaped(std::string_view name) {
  std::string text;
  for (const char c : name) {
    if (c == '\\' || c == ' ' || c == '\n' || c == '\t') {
      char digits[8];
      snprintf(digits, sizeof digits, "\\%03o", static_cast<unsigned>(c));
      text += digits;
    } else {
      text += c;
    }
  }
  return text;
}

// All shares of a server are one device: it answers for all of them, or for none.
uint32_t numberOf(std::string_view server) {
  uint32_t hash = 2166136261u;  // FNV-1a
  for (const char c : lowered(server)) hash = (hash ^ static_cast<unsigned char>(c)) * 16777619u;
  return hash;
}

void append(std::string* text, unsigned id, Kind kind, uint32_t number, std::string_view point,
            std::string_view type, std::string_view source) {
  char numbers[64];
  snprintf(numbers, sizeof numbers, "%u 0 %u:%u / ", id, static_cast<unsigned>(kind), number);
  text->append(numbers).append(escaped(point)).append(" rw - ").append(type).append(" ");
  text->append(escaped(source)).append(" rw\n");
}

// \Device\LanmanRedirector\;Z:00000000000123ab\server\share, or with \Device\Mup\ before that
bool parseRedirected(std::string_view device, std::string* type, std::string* source) {
  if (!startsWith(device, "\\Device\\")) return false;
  device.remove_prefix(8);
  std::string_view provider;
  bool redirected = false;
  while (!device.empty()) {
    const std::string_view before = device;
    std::string_view name = takeName(&device);
    if (!name.empty() && name[0] == ';') {
      redirected = true;
      name.remove_prefix(1);
      if (name.size() < 2 || name[1] != ':') provider = name;
    } else if (!redirected) {
      provider = name;
    } else {
      source->assign("\\\\").append(before);
      break;
    }
  }
  const std::string name = lowered(provider);
  if (name == "lanmanredirector")
    *type = "smb";
  else if (name == "webdavredirector")
    *type = "webdav";
  else if (name == "nfsrdr")
    *type = "nfs";
  else
    *type = "redirector";
  return redirected;
}

void appendDrive(std::string* text, const Drive& drive) {
  const std::string_view device = drive.device;
  const std::string point = std::string(1, upper(drive.letter)) + ":\\";
  const auto number = static_cast<unsigned>(lower(drive.letter) - 'a' + 1);
  std::string type;
  std::string source(device);
  Kind kind = Kind::local;
  uint32_t minor = number;
  if (parseRedirected(device, &type, &source)) {
    Share share;
    kind = Kind::server;
    minor = parseShare(source, &share) ? numberOf(share.server) : number;
  } else if (startsWith(device, "\\??\\UNC\\")) {
    // subst, of a folder of a share
    type = "unc";
    source.replace(0, 7, "\\");
    Share share;
    kind = Kind::server;
    minor = parseShare(source, &share) ? numberOf(share.server) : number;
  } else if (startsWith(device, "\\??\\")) {
    type = "subst";
    source.erase(0, 4);
  } else if (startsWith(device, "\\Device\\Volume{")) {
    // WinFsp and Dokan: file systems that are programs
    type = "program";
    kind = Kind::program;
  } else if (startsWith(device, "\\Device\\CdRom")) {
    type = "cdrom";
  } else if (startsWith(device, "\\Device\\Floppy")) {
    type = "floppy";
  } else {
    type = "disk";
  }
  append(text, number, kind, minor, point, type, source);
}

}  // namespace

std::string windowsPlace(std::string_view path) {
  Share share;
  std::string place;
  if (parseShare(path, &share)) {
    place.append("/unc/").append(lowered(share.server)).append("/").append(lowered(share.name));
    path = share.rest;
  } else {
    if (path.size() > 4 && isSeparator(path[0]) && isSeparator(path[1]) && isSeparator(path[3]) &&
        (path[2] == '?' || path[2] == '.'))
      path.remove_prefix(4);
    if (path.size() < 3 || !isLetter(path[0]) || path[1] != ':' || !isSeparator(path[2])) return {};
    place.append("/").append(1, lower(path[0])).append(":");
    path.remove_prefix(3);
  }
  while (!path.empty()) {
    const std::string_view name = takeName(&path);
    if (!name.empty()) place.append("/").append(name);
  }
  return place;
}

std::string shareOf(std::string_view path) {
  Share share;
  if (!parseShare(path, &share)) return {};
  return std::string("\\\\").append(share.server).append("\\").append(share.name).append("\\");
}

std::string windowsMounts(const std::vector<Drive>& drives, const std::vector<std::string>& shares) {
  std::string text;
  for (const Drive& drive : drives) appendDrive(&text, drive);
  unsigned id = 100;  // behind the drives'
  for (const std::string& point : shares) {
    Share share;
    if (!parseShare(point, &share)) continue;
    append(&text, id++, Kind::server, numberOf(share.server), point, "unc",
           std::string_view(point).substr(0, point.size() - 1));
  }
  return text;
}

}  // namespace pendingop
