package userdb

import (
	"errors"
	"fmt"
	"io"
	"math"
	"slices"
	"strconv"
	"strings"
)

// maxID is the largest ID that may be given as a number.
const maxID = math.MaxInt32

var errRange = fmt.Errorf("out of range: IDs are 0 to %d", maxID)

// moby is moby/sys/user, and how Docker's getUser and runc call it.
type moby struct {
	maxGroupLine int
	// directories are read, which fails, where newer versions take them for
	// absent.
	directories bool
	// strict is the way of newer versions: a number that is out of range is
	// refused even where the databases have it, and all that follows the first
	// colon is the group.
	strict bool
}

// open returns a database's content, nil where it is taken for absent.
func (m moby) open(f File) (io.Reader, error) {
	if f.Fault == nil && f.Kind == Directory && !m.directories {
		return nil, nil
	}
	return f.open()
}

// resolve is Docker's getUser.
func (m moby) resolve(spec string, db Databases) (User, error) {
	// Both paths are followed before anything is read.
	if err := db.Passwd.Fault; err != nil {
		return User{}, fmt.Errorf("/etc/passwd: %w", err)
	}
	if err := db.Group.Fault; err != nil {
		return User{}, fmt.Errorf("/etc/group: %w", err)
	}
	u, err := m.lookUp(spec, db)
	if err != nil {
		return User{}, err
	}
	user := User{UID: uint32(u.ID), GID: uint32(u.GID), Groups: []uint32{uint32(u.GID)}}
	for _, g := range u.groups {
		user.Groups = append(user.Groups, g.Number())
	}
	return user, nil
}

// found is what GetExecUser returns.
type found struct {
	Entry
	groups []Entry // the supplementary ones
}

// lookUp is GetExecUser, with 0 and 0 as defaults.
func (m moby) lookUp(spec string, db Databases) (found, error) {
	name, group, _ := strings.Cut(spec, ":")
	if !m.strict {
		group, _, _ = strings.Cut(group, ":")
	}
	wantUser, err := m.parse(name)
	if err != nil {
		return found{}, fmt.Errorf("user %q: %w", name, err)
	}
	wantGroup, err := m.parse(group)
	if err != nil {
		return found{}, fmt.Errorf("group %q: %w", group, err)
	}
	u, err := m.user(wantUser, db.Passwd)
	if err != nil {
		return found{}, err
	}
	if group == "" && u.Name == "" {
		return found{Entry: u}, nil
	}
	r, err := m.open(db.Group)
	if err != nil {
		return found{}, fmt.Errorf("/etc/group: %w", err)
	}
	var list []Entry
	if r != nil {
		list, err = groups(r, m.maxGroupLine, func(g *Entry) bool {
			if group == "" {
				return g.has(u.Name)
			}
			return wantGroup.is(g)
		})
		if err != nil {
			return found{}, fmt.Errorf("/etc/group: %w", err)
		}
	}
	switch {
	case group == "":
		return found{u, list}, nil
	case len(list) > 0:
		u.GID = list[0].ID
	case !wantGroup.numeric:
		return found{}, fmt.Errorf("group %q is not in /etc/group", group)
	case wantGroup.id < 0 || wantGroup.id > maxID:
		return found{}, fmt.Errorf("group %q: %w", group, errRange)
	default:
		u.GID = wantGroup.id
	}
	return found{Entry: u}, nil
}

// user finds the user's entry; one without a name is made up from a number.
func (m moby) user(want wanted, passwd File) (Entry, error) {
	r, err := m.open(passwd)
	if err != nil {
		return Entry{}, fmt.Errorf("/etc/passwd: %w", err)
	}
	var list []Entry
	if r != nil {
		list, err = users(r, func(u *Entry) bool {
			if want.name == "" {
				return u.ID == 0
			}
			return want.is(u)
		})
		if err != nil {
			return Entry{}, fmt.Errorf("/etc/passwd: %w", err)
		}
	}
	switch {
	case len(list) > 0:
		return list[0], nil
	case want.name == "":
		return Entry{}, nil
	case !want.numeric:
		return Entry{}, fmt.Errorf("user %q is not in /etc/passwd", want.name)
	case want.id < 0 || want.id > maxID:
		return Entry{}, fmt.Errorf("user %q: %w", want.name, errRange)
	}
	return Entry{ID: want.id}, nil
}

// wanted is one half of a USER: a name, or a number that no name stands for.
type wanted struct {
	name    string
	id      int
	numeric bool
}

func (m moby) parse(name string) (wanted, error) {
	id, err := strconv.Atoi(name)
	if !m.strict {
		return wanted{name, id, err == nil}, nil
	}
	if errors.Is(err, strconv.ErrRange) || err == nil && (id < 0 || id > maxID) {
		return wanted{}, errRange
	}
	return wanted{name, id, err == nil}, nil
}

func (w wanted) is(e *Entry) bool {
	if w.numeric {
		return e.ID == w.id
	}
	return e.Name == w.name
}

// again is what runc did up to 1.2 with the numbers that it was given: it looked
// them up in the container.
func (m moby) again(u User, db Databases) (User, error) {
	second, err := m.lookUp(fmt.Sprintf("%d:%d", u.UID, u.GID), db.readable())
	if err != nil {
		return User{}, err
	}
	groups, err := m.additional(u.Groups, db.readable().Group)
	if err != nil {
		return User{}, err
	}
	return User{UID: uint32(second.ID), GID: uint32(second.GID), Groups: groups}, nil
}

// readable are the databases for who takes for absent what can't be opened.
func (db Databases) readable() Databases {
	for _, f := range []*File{&db.Passwd, &db.Group} {
		if f.Fault != nil {
			*f = File{}
		}
	}
	return db
}

// additional is GetAdditionalGroups up to version 0.4, which takes a number for
// a group's name, too.
func (m moby) additional(ids []uint32, group File) ([]uint32, error) {
	r, err := m.open(group)
	if err != nil {
		return nil, fmt.Errorf("/etc/group: %w", err)
	}
	matches := map[string][]int{} // the IDs of the groups of that name or number
	for _, id := range ids {
		matches[text(id)] = nil
	}
	if r != nil {
		if _, err := groups(r, m.maxGroupLine, func(g *Entry) bool {
			for _, t := range slices.Compact([]string{g.Name, strconv.Itoa(g.ID)}) {
				if list, ok := matches[t]; ok {
					matches[t] = append(list, g.ID)
				}
			}
			return false
		}); err != nil {
			return nil, fmt.Errorf("/etc/group: %w", err)
		}
	}
	var list []uint32
	seen := map[int]bool{}
	for _, id := range ids {
		rest := matches[text(id)]
		for len(rest) > 0 && seen[rest[0]] {
			rest = rest[1:]
		}
		matches[text(id)] = rest
		gid := int(id)
		if len(rest) > 0 {
			gid = rest[0]
		} else if gid > maxID {
			return nil, fmt.Errorf("group %d: %w", id, errRange)
		}
		if !seen[gid] {
			list = append(list, uint32(gid))
		}
		seen[gid] = true
	}
	return list, nil
}

func text(id uint32) string { return strconv.FormatUint(uint64(id), 10) }
