// Package userdb resolves the USER of an image to numeric IDs as each engine does,
// given the contents of /etc/passwd and /etc/group.
//
// The reference is moby/sys/user, which Docker, containerd and runc share; where
// its versions or its callers differ, each has an answer of its own.
package userdb

import (
	"bufio"
	"bytes"
	"errors"
	"fmt"
	"io"
	"strconv"
	"strings"
)

// MaxFile is how large a database may be: containerd and newer versions of
// moby/sys/user read no larger one.
const MaxFile = 10 << 20

// An Entry is a line of a database as engines understand it. Nothing is too odd
// to be an entry: fields that are missing are empty, and numbers that are none
// are 0.
type Entry struct {
	Name     string
	Password string
	// ID is a user's UID in /etc/passwd, a group's GID in /etc/group.
	ID int
	// GID is a user's primary group.
	GID int

	members string // of a group, with commas between
}

// Number is the ID that a process gets: engines cut it to 32 bits.
func (e *Entry) Number() uint32 { return uint32(e.ID) }

// has reports whether name is a member of the group.
func (e *Entry) has(name string) bool {
	if e.members == "" {
		return false
	}
	for member := range strings.SplitSeq(e.members, ",") {
		if member == name {
			return true
		}
	}
	return false
}

// parseUser never fails: see [Entry].
func parseUser(line []byte) Entry {
	var e Entry
	fields(line, func(i int, field string) {
		switch i {
		case 0:
			e.Name = field
		case 1:
			e.Password = field
		case 2:
			e.ID = number(field)
		case 3:
			e.GID = number(field)
		}
	})
	return e
}

func parseGroup(line []byte) Entry {
	var e Entry
	fields(line, func(i int, field string) {
		switch i {
		case 0:
			e.Name = field
		case 1:
			e.Password = field
		case 2:
			e.ID = number(field)
		case 3:
			e.members = field
		}
	})
	return e
}

// fields calls do with the first fields of the line.
func fields(line []byte, do func(i int, field string)) {
	for i := range 4 {
		field, rest, more := bytes.Cut(line, []byte(":"))
		do(i, string(field))
		if !more {
			return
		}
		line = rest
	}
}

// number is what engines make of a number: that of an error is used, too, which
// is 0 for what is no number and the largest or smallest one for what is out of
// range.
func number(field string) int {
	n, _ := strconv.Atoi(field)
	return n
}

// maxGroupLine is how long a line of /etc/group may be for moby/sys/user since
// its version 0.5.
const maxGroupLine = 1 << 20

// users returns the entries of /etc/passwd that match.
func users(r io.Reader, match func(*Entry) bool) ([]Entry, error) {
	return entries(r, bufio.MaxScanTokenSize, func(line []byte) (Entry, bool) { return parseUser(line), true }, match)
}

// groups returns the entries of /etc/group that match. Unlike users it knows
// comments.
func groups(r io.Reader, maxLine int, match func(*Entry) bool) ([]Entry, error) {
	return entries(r, maxLine, func(line []byte) (Entry, bool) { return parseGroup(line), line[0] != '#' }, match)
}

func entries(r io.Reader, maxLine int, parse func(line []byte) (Entry, bool), match func(*Entry) bool) ([]Entry, error) {
	var list []Entry
	s := bufio.NewScanner(r)
	s.Buffer(nil, maxLine)
	for s.Scan() {
		line := bytes.TrimSpace(s.Bytes())
		if len(line) == 0 {
			continue
		}
		if e, ok := parse(line); ok && match(&e) {
			list = append(list, e)
		}
	}
	if err := s.Err(); errors.Is(err, bufio.ErrTooLong) {
		return nil, fmt.Errorf("a line of %d bytes or more", maxLine)
	} else if err != nil {
		return nil, err
	}
	return list, nil
}

// Users returns all entries of /etc/passwd.
func Users(passwd File) ([]Entry, error) {
	r, err := passwd.open()
	if r == nil {
		return nil, err
	}
	return users(r, func(*Entry) bool { return true })
}

// Groups returns all entries of /etc/group.
func Groups(group File) ([]Entry, error) {
	r, err := group.open()
	if r == nil {
		return nil, err
	}
	return groups(r, MaxFile+2, func(*Entry) bool { return true })
}
