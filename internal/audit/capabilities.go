package audit

import (
	"encoding/binary"
	"errors"
	"fmt"
	"strings"
)

// capabilityNames are those of Linux's capabilities by number
// (include/uapi/linux/capability.h).
var capabilityNames = strings.Fields(`
	chown dac_override dac_read_search fowner fsetid kill setgid setuid setpcap linux_immutable net_bind_service
	net_broadcast net_admin net_raw ipc_lock ipc_owner sys_module sys_rawio sys_chroot sys_ptrace sys_pacct sys_admin
	sys_boot sys_nice sys_resource sys_time sys_tty_config mknod lease audit_write audit_control setfcap mac_override
	mac_admin syslog wake_alarm block_suspend audit_read perfmon bpf checkpoint_restore`)

// A fileCapability is the extended attribute security.capability.
type fileCapability struct {
	permitted, inheritable uint64
	effective              bool
	root                   uint32 // the user namespace's, in revision 3
}

var errCapability = errors.New("invalid security.capability")

// parseCapability parses the attribute's revisions 1 to 3 (struct
// vfs_cap_data, vfs_ns_cap_data).
func parseCapability(value string) (fileCapability, error) {
	b := []byte(value)
	if len(b) < 4 {
		return fileCapability{}, errCapability
	}
	magic := binary.LittleEndian.Uint32(b)
	size, words := 0, 2
	switch magic >> 24 {
	case 1:
		size, words = 12, 1
	case 2:
		size = 20
	case 3:
		size = 24
	}
	if len(b) != size {
		return fileCapability{}, errCapability
	}
	c := fileCapability{effective: magic&1 != 0}
	for i := range words {
		c.permitted |= uint64(binary.LittleEndian.Uint32(b[4+8*i:])) << (32 * i)
		c.inheritable |= uint64(binary.LittleEndian.Uint32(b[8+8*i:])) << (32 * i)
	}
	if size == 24 {
		c.root = binary.LittleEndian.Uint32(b[20:])
	}
	return c, nil
}

// String writes the capabilities as getcap does: cap_net_raw=ep.
func (c fileCapability) String() string {
	var list []string
	for _, kind := range []struct {
		flags string
		set   uint64
	}{{"ip", c.permitted & c.inheritable}, {"p", c.permitted &^ c.inheritable}, {"i", c.inheritable &^ c.permitted}} {
		var names []string
		for i := range 64 {
			switch {
			case kind.set>>i&1 == 0:
			case i < len(capabilityNames):
				names = append(names, "cap_"+capabilityNames[i])
			default:
				names = append(names, fmt.Sprint(i))
			}
		}
		if len(names) > 0 {
			flags := kind.flags
			if c.effective {
				flags = "e" + flags
			}
			list = append(list, strings.Join(names, ",")+"="+flags)
		}
	}
	return strings.Join(list, " ")
}

func checkCapabilities(_ *auditor, f *file, found func(Finding)) {
	if !f.decides() || !f.Inode().Shown() {
		return
	}
	value, ok := f.Xattrs()["security.capability"]
	if !ok {
		return
	}
	c, err := parseCapability(value)
	switch {
	case err != nil:
		found(f.at(err.Error() + ": engines refuse the image"))
	case c.permitted|c.inheritable != 0:
		message := c.String() + ", for whoever may run it"
		if c.root != 0 {
			message += fmt.Sprintf(" where the user ID %d is root", c.root)
		}
		found(f.at(message))
	}
}
