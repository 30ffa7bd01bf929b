package audit

import (
	"fmt"
	"path"
	"slices"
	"strconv"
	"strings"
	"time"
)

// checkAdd finds an ADD that does no more than COPY does.
func checkAdd(a *auditor, found func(Finding)) {
	for i, s := range a.steps {
		sources, ok := addSources(s)
		if !ok || isRemote(sources) || slices.ContainsFunc(sources, isArchive) {
			continue
		}
		if strings.HasPrefix(sources[0], "file:") && !a.single(s.layer) {
			continue // the classic builder's record of an archive that was unpacked
		}
		found(Finding{Step: i + 1, Message: "ADD where COPY serves"})
	}
}

// single reports whether a layer holds one file that isn't a directory.
func (a *auditor) single(layer int) bool {
	return layer > 0 && a.stack.Layers[layer-1].Files == 1
}

func checkAddURL(a *auditor, found func(Finding)) {
	for i, s := range a.steps {
		sources, ok := addSources(s)
		if !ok || !isRemote(sources) {
			continue
		}
		for _, source := range sources {
			if !isRemote([]string{source}) || isPinned(source) || a.isRecorded(source) {
				continue
			}
			message := "ADD fetches a URL; nothing here says that what comes is checked"
			if isGit(source) {
				message = "ADD fetches a repository without naming a whole commit"
			}
			found(Finding{Step: i + 1, Message: message})
			break
		}
	}
}

// isRecorded reports whether the provenance has the digest of what came from the
// source.
func (a *auditor) isRecorded(source string) bool {
	return a.img.Made != nil && a.img.Made.Fetched(source) != ""
}

// isPinned reports whether the source says itself what comes.
func isPinned(source string) bool {
	if !isGit(source) {
		return false
	}
	_, fragment, _ := strings.Cut(source, "#")
	ref, _, _ := strings.Cut(fragment, ":")
	if isCommit(ref) {
		return true
	}
	address, _, _ := strings.Cut(source, "#")
	_, query, _ := strings.Cut(address, "?")
	for pair := range strings.SplitSeq(query, "&") {
		if name, value, _ := strings.Cut(pair, "="); (name == "checksum" || name == "commit" || name == "ref") && isCommit(value) {
			return true
		}
	}
	return false
}

// isGit holds for what BuildKit clones.
func isGit(source string) bool {
	address, _, _ := strings.Cut(source, "#")
	address, _, _ = strings.Cut(address, "?")
	return strings.HasSuffix(address, ".git") || strings.HasPrefix(source, "git@") || strings.HasPrefix(source, "git://") || strings.HasPrefix(source, "ssh://")
}

// isCommit holds for a whole SHA-1 or SHA-256.
func isCommit(ref string) bool {
	return (len(ref) == 40 || len(ref) == 64) && strings.Trim(ref, "0123456789abcdef") == ""
}

// addSources returns the sources of an ADD without checksum.
func addSources(s step) ([]string, bool) {
	if s.keyword != "ADD" || strings.Contains(s.rest, "--checksum=") {
		return nil, false
	}
	words := strings.Fields(strings.Trim(strings.NewReplacer(`"`, "", ",", " ").Replace(s.rest), "[]"))
	words = slices.DeleteFunc(words, func(w string) bool { return strings.HasPrefix(w, "--") })
	if len(words) < 2 {
		return nil, false
	}
	return words[:len(words)-1], true
}

func isRemote(sources []string) bool {
	return slices.ContainsFunc(sources, func(s string) bool {
		return isGit(s) || strings.HasPrefix(s, "http://") || strings.HasPrefix(s, "https://") || strings.HasPrefix(s, "ftp://")
	})
}

// isArchive holds for what ADD unpacks and for repositories that it clones.
func isArchive(source string) bool {
	name := strings.ToLower(path.Base(source))
	for _, end := range []string{".tar", ".gz", ".tgz", ".bz2", ".tbz2", ".xz", ".txz", ".zst", ".git"} {
		if strings.HasSuffix(name, end) {
			return true
		}
	}
	return strings.HasPrefix(source, "git@") || strings.Contains(source, ".git#") || strings.ContainsAny(source, "*$")
}

func checkBase(a *auditor, found func(Finding)) {
	name := statedName(a.img)
	if name == "" || name == "scratch" || strings.Contains(name, "@") {
		return
	}
	_, tag, tagged := strings.Cut(path.Base(name), ":")
	switch {
	case !tagged:
		found(Finding{Message: "base " + name + " has no tag", key: baseName})
	case tag == "latest":
		found(Finding{Message: "the tag of base " + name + " moves", key: baseName})
	}
}

func checkPartners(a *auditor, found func(Finding)) {
	lone := 0
	for _, s := range a.steps {
		if s.lone {
			lone++
		}
	}
	if lone > 0 && len(a.img.Config.History) > 0 {
		found(Finding{Message: fmt.Sprintf("%d steps or layers without a partner: %d layers, %d history entries", lone, len(a.img.Layers), len(a.img.Config.History))})
	}
}

// clockSkew is by how much the clocks of two machines may differ.
const clockSkew = 10 * time.Minute

// pinned are times that were set by hand for the sake of reproducibility: the
// zero time, 1970, 1980 and their neighbours.
func pinned(t time.Time) bool { return t.Year() <= 1981 }

func checkOrder(a *auditor, found func(Finding)) {
	var last time.Time
	for i, s := range a.steps {
		if s.created == nil || pinned(*s.created) {
			continue
		}
		if s.created.Before(last.Add(-clockSkew)) {
			found(Finding{Step: i + 1, Message: "the step is older than the one before it by " + round(last.Sub(*s.created))})
		}
		last = *s.created
	}
}

func checkFuture(a *auditor, found func(Finding)) {
	limit := a.opts.Now.Add(clockSkew)
	for i, s := range a.steps {
		if s.created != nil && s.created.After(limit) {
			found(Finding{Step: i + 1, Message: "made " + round(s.created.Sub(a.opts.Now)) + " in the future"})
			return
		}
	}
	if c := a.img.Config.Created; c != nil && c.After(limit) {
		found(Finding{Message: "the image was made " + round(c.Sub(a.opts.Now)) + " in the future"})
	}
}

// round writes a duration in one unit.
func round(d time.Duration) string {
	switch hours := int(d.Hours()); {
	case hours >= 48:
		return strconv.Itoa(hours/24) + " days"
	case hours >= 2:
		return strconv.Itoa(hours) + " hours"
	}
	return strconv.Itoa(int(d.Minutes())) + " minutes"
}
