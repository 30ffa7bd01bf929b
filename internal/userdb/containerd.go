package userdb

import (
	"errors"
	"fmt"
	"strconv"
	"strings"
)

const containerdName = "containerd"

// containerd is containerd's oci.WithUser, with the flags of Kubernetes and
// nerdctl left out. The supplementary groups that those add aren't looked up.
func containerd(spec string, db Databases) (User, error) {
	if spec == "" {
		return containerdUser(0, 0), nil // nothing is looked up
	}
	halves := strings.Split(spec, ":")
	if len(halves) > 2 {
		return User{}, fmt.Errorf("USER %q has more than one colon", spec)
	}
	uid, name, err := containerdHalf(halves[0])
	if err != nil {
		return User{}, fmt.Errorf("user %q: %w", halves[0], err)
	}
	if len(halves) == 1 {
		return containerdAlone(uid, name, db.Passwd)
	}
	gid, group, err := containerdHalf(halves[1])
	if err != nil {
		return User{}, fmt.Errorf("group %q: %w", halves[1], err)
	}
	// Without a group to look up, the group is 0 and not the user's own.
	if name != "" {
		u, err := containerdLookUp(db.Passwd, name)
		if err != nil {
			return User{}, err
		}
		uid = u.ID
	}
	if group != "" {
		if gid, err = containerdGroup(db.Group, group); err != nil {
			return User{}, err
		}
	}
	return containerdUser(uid, gid), nil
}

func containerdUser(uid, gid int) User {
	return User{UID: uint32(uid), GID: uint32(gid), Groups: []uint32{uint32(gid)}}
}

// containerdHalf returns a number or, where text is none, text as a name.
func containerdHalf(text string) (id int, name string, err error) {
	id, err = strconv.Atoi(text)
	switch {
	case errors.Is(err, strconv.ErrRange), err == nil && (id < 0 || id > maxID):
		return 0, "", errRange
	case err != nil:
		return 0, text, nil
	}
	return id, "", nil
}

// containerdAlone is a USER without a group: that of the user is taken.
func containerdAlone(uid int, name string, passwd File) (User, error) {
	if name != "" {
		u, err := containerdLookUp(passwd, name)
		return containerdUser(u.ID, u.GID), err
	}
	r, err := passwd.open()
	if err != nil {
		return User{}, fmt.Errorf("/etc/passwd: %w", err)
	}
	if r == nil {
		return containerdUser(uid, 0), nil
	}
	list, err := users(r, func(u *Entry) bool { return u.ID == uid })
	if err != nil {
		return User{}, fmt.Errorf("/etc/passwd: %w", err)
	}
	if len(list) == 0 {
		return containerdUser(uid, 0), nil
	}
	return containerdUser(list[0].ID, list[0].GID), nil
}

func containerdLookUp(passwd File, name string) (Entry, error) {
	r, err := passwd.open()
	if err != nil {
		return Entry{}, fmt.Errorf("/etc/passwd: %w", err)
	}
	if r != nil {
		list, err := users(r, func(u *Entry) bool { return u.Name == name })
		if err != nil {
			return Entry{}, fmt.Errorf("/etc/passwd: %w", err)
		}
		if len(list) > 0 {
			return list[0], nil
		}
	}
	return Entry{}, fmt.Errorf("user %q is not in /etc/passwd", name)
}

func containerdGroup(group File, name string) (int, error) {
	r, err := group.open()
	if err != nil {
		return 0, fmt.Errorf("/etc/group: %w", err)
	}
	if r != nil {
		list, err := groups(r, MaxFile+2, func(g *Entry) bool { return g.Name == name })
		if err != nil {
			return 0, fmt.Errorf("/etc/group: %w", err)
		}
		if len(list) > 0 {
			return list[0].ID, nil
		}
	}
	return 0, fmt.Errorf("group %q is not in /etc/group", name)
}
