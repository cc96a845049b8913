package cpu

import (
	"bufio"
	"bytes"
	"os"
	"path/filepath"
	"strconv"
	"strings"

	"golang.org/x/sys/unix"
)

// adviseHuge asks for 2 MB pages, which make streaming 6 to 9 % faster. A kernel without them refuses; that is fine.
func adviseHuge(b []byte) {
	if len(b) >= 4<<20 {
		_ = unix.Madvise(b, unix.MADV_HUGEPAGE)
	}
}

// memory reads /proc/meminfo (proc(5)).
func memory() (free, total int64) {
	data, err := os.ReadFile("/proc/meminfo")
	if err != nil {
		return 0, 0
	}
	for s := bufio.NewScanner(bytes.NewReader(data)); s.Scan(); {
		f := strings.Fields(s.Text())
		if len(f) < 2 {
			continue
		}
		kib, err := strconv.ParseInt(f[1], 10, 64)
		if err != nil {
			continue
		}
		switch f[0] {
		case "MemAvailable:":
			free = kib << 10
		case "MemTotal:":
			total = kib << 10
		}
	}
	return free, total
}

// cores counts the physical cores this process may run on: threads of one core share its units, and one keeps them busy.
func cores() int {
	var set unix.CPUSet
	if unix.SchedGetaffinity(0, &set) != nil {
		return systemCores()
	}
	seen := map[string]bool{}
	files, _ := filepath.Glob("/sys/devices/system/cpu/cpu[0-9]*/topology/thread_siblings_list")
	for _, f := range files {
		name := filepath.Base(filepath.Dir(filepath.Dir(f)))
		id, err := strconv.Atoi(strings.TrimPrefix(name, "cpu"))
		if err != nil || !set.IsSet(id) {
			continue
		}
		if b, err := os.ReadFile(f); err == nil {
			seen[string(b)] = true
		}
	}
	if len(seen) == 0 {
		return systemCores()
	}
	return len(seen)
}
