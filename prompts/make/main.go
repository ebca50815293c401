// Command make turns texts.json into the recordings beside it:
//
//	go generate ./prompts
//
// It speaks each text with pico2wave, trims and levels it with sox and codes it
// with opusenc (16 kHz mono Ogg Opus, RFC 7845). A recording whose text has not
// changed is left alone: the text is kept in its TEXT comment. Recordings whose
// key is gone are removed. -all makes everything anew.
package main

import (
	"bytes"
	"flag"
	"fmt"
	"log"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"strings"
	"sync"

	"github.com/thesyncim/gopus/container/ogg"

	"github.com/partyline/partyline/prompts/script"
)

func main() {
	log.SetFlags(0)
	dir := flag.String("dir", ".", "the folder of texts.json")
	all := flag.Bool("all", false, "make every recording anew")
	flag.Parse()
	if err := run(*dir, *all); err != nil {
		log.Fatal("make prompts: ", err)
	}
}

func run(dir string, all bool) error {
	for _, tool := range []string{"pico2wave", "sox", "opusenc"} {
		if _, err := exec.LookPath(tool); err != nil {
			return fmt.Errorf("%s is not installed: pico2wave (libttspico-utils), sox and opusenc (opus-tools) are needed", tool)
		}
	}
	text, err := os.ReadFile(filepath.Join(dir, "texts.json"))
	if err != nil {
		return err
	}
	s, err := script.Read(string(text))
	if err != nil {
		return err
	}
	for _, lang := range s.Languages() {
		if err := os.MkdirAll(filepath.Join(dir, lang), 0o755); err != nil {
			return err
		}
		if err := removeStale(s, filepath.Join(dir, lang)); err != nil {
			return err
		}
	}
	if err := speakAll(s, dir, all); err != nil {
		return err
	}
	return makeMusic(filepath.Join(dir, "music.opus"), all)
}

// removeStale removes recordings that no text belongs to any more.
func removeStale(s *script.Script, dir string) error {
	files, err := filepath.Glob(filepath.Join(dir, "*.opus"))
	if err != nil {
		return err
	}
	for _, f := range files {
		key := strings.TrimSuffix(filepath.Base(f), ".opus")
		if _, known := s.Texts[key]; !known {
			if err := os.Remove(f); err != nil {
				return err
			}
		}
	}
	return nil
}

// speakAll makes the recordings that are missing or out of date, as many at once
// as there are processors, and reports the first failure.
func speakAll(s *script.Script, dir string, all bool) error {
	var (
		jobs  = make(chan [2]string)
		wg    sync.WaitGroup
		once  sync.Once
		first error
	)
	for range runtime.GOMAXPROCS(0) {
		wg.Go(func() {
			for job := range jobs {
				if err := speak(s, dir, job[0], job[1], all); err != nil {
					once.Do(func() { first = fmt.Errorf("%s/%s: %w", job[0], job[1], err) })
				}
			}
		})
	}
	for _, lang := range s.Languages() {
		for _, key := range s.Keys() {
			jobs <- [2]string{lang, key}
		}
	}
	close(jobs)
	wg.Wait()
	return first
}

// speak makes one recording: trimmed to the voice (30 ms of silence left before
// and 60 ms after), at about -20 dBFS RMS.
func speak(s *script.Script, dir, lang, key string, all bool) error {
	text := s.Texts[key][lang]
	if text == "" {
		return fmt.Errorf("no text")
	}
	out := filepath.Join(dir, lang, key+".opus")
	if !all && tag(out) == text {
		return nil
	}
	tmp, err := os.MkdirTemp("", "prompt")
	if err != nil {
		return err
	}
	defer os.RemoveAll(tmp)
	spoken, trimmed, levelled := filepath.Join(tmp, "1.wav"), filepath.Join(tmp, "2.wav"), filepath.Join(tmp, "3.wav")
	if _, err := tool("pico2wave", "-l", s.Voices[lang], "-w", spoken, s.Spoken(lang, key)); err != nil {
		return err
	}
	trim := []string{"silence", "1", "0.01", "0.15%", "reverse"}
	args := append([]string{"-R", spoken, "-r", "16000", "-b", "16", trimmed, "highpass", "70"}, trim...)
	args = append(args, trim...)
	if _, err := tool("sox", args...); err != nil {
		return err
	}
	gain, err := gainTo(trimmed, -20)
	if err != nil {
		return err
	}
	if _, err := tool("sox", "-R", trimmed, "-b", "16", levelled, "gain", "-l", gain, "pad", "0.03", "0.06"); err != nil {
		return err
	}
	return encode(levelled, out, text, "15", "--speech")
}

// gainTo is the gain in dB, as sox takes it, that brings a file to the RMS level.
func gainTo(wav string, dBFS float64) (string, error) {
	stats, err := tool("sox", wav, "-n", "stats")
	if err != nil {
		return "", err
	}
	for line := range strings.Lines(stats) {
		var rms float64
		if _, err := fmt.Sscanf(line, "RMS lev dB %f", &rms); err == nil {
			return fmt.Sprintf("%.2f", dBFS-rms), nil
		}
	}
	return "", fmt.Errorf("sox said no RMS level")
}

// encode codes a WAV file with its text in the TEXT comment. The serial number
// is fixed, so that the same sound makes the same file.
func encode(wav, opus, text, bitrate, tune string) error {
	_, err := tool("opusenc", "--quiet", "--bitrate", bitrate, tune, "--framesize", "60",
		"--serial", "1", "--padding", "0", "--comment", "TEXT="+text, wav, opus)
	return err
}

// tag reads the TEXT comment of a recording, "" if there is none.
func tag(opus string) string {
	data, err := os.ReadFile(opus)
	if err != nil {
		return ""
	}
	r, err := ogg.NewReader(bytes.NewReader(data))
	if err != nil {
		return ""
	}
	return r.Tags.Comments["TEXT"]
}

func tool(name string, args ...string) (string, error) {
	out, err := exec.Command(name, args...).CombinedOutput()
	if err != nil {
		return "", fmt.Errorf("%s: %w: %s", name, err, bytes.TrimSpace(out))
	}
	return string(out), nil
}
