package flags

import (
	"errors"
	"slices"
	"strings"
	"testing"
)

func TestParse(t *testing.T) {
	for _, tt := range []struct {
		args, sets, rest string
		err              string
	}{
		{"", "", "", ""},
		{"-port 80", "port=80", "", ""},
		{"--port=80 x", "port=80", "x", ""},
		{"-v x -port 80", "v=true", "x -port 80", ""},
		{"-v=false", "v=false", "", ""},
		{"-v -- -port", "v=true", "-port", ""},
		{"-port= a", "port=", "a", ""},
		{"- a", "", "- a", ""},
		{"-port=a=b", "port=a=b", "", ""},
		{"-port", "", "", "-port: want a value: -port N"},
		{"-nope", "", "", "-nope: no such flag"},
		{"-port bad", "", "", `-port="bad": no good`},
		{"-help", "", "", "help requested"},
		{"--h", "", "", "help requested"},
	} {
		var sets []string
		set := func(name string) func(string) error {
			return func(v string) error {
				if v == "bad" {
					return errors.New("no good")
				}
				sets = append(sets, name+"="+v)
				return nil
			}
		}
		rest, err := Parse([]Flag{{"port", "N", "", set("port")}, {"v", "", "", set("v")}}, strings.Fields(tt.args))
		if tt.err != "" {
			if err == nil || err.Error() != tt.err {
				t.Errorf("%q: error %v, want %s", tt.args, err, tt.err)
			}
			continue
		}
		if err != nil || strings.Join(sets, " ") != tt.sets || !slices.Equal(rest, strings.Fields(tt.rest)) {
			t.Errorf("%q: set %v, rest %q, %v", tt.args, sets, rest, err)
		}
	}
}
