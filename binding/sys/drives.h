// Windows's drives and shares, in the words that the table of mounts has (core/mount_table.h). By text alone:
// no drive is touched.
#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace pendingop {

struct Drive {
  char letter;         // 'C'
  std::string device;  // what the letter stands for, as QueryDosDevice() says: \Device\HarddiskVolume3
};

// The place that a path of Windows's leads to, as a table compares it: C:\folder is /c:/folder, and
// \\server\share\folder is /unc/server/share/folder. Empty: neither a drive's nor a share's, or not absolute.
std::string windowsPlace(std::string_view path);

// \\server\share\ of a path that leads to a share; else empty.
std::string shareOf(std::string_view path);

// The lines of a table, in the form of mountinfo, but with the names that Windows has for the places.
std::string windowsMounts(const std::vector<Drive>& drives, const std::vector<std::string>& shares);

}  // namespace pendingop
