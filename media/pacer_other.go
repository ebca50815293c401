//go:build !linux

package media

func systemPacer() Pacer { return TimerPacer{} }
