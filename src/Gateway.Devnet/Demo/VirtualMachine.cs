using System.Diagnostics;
using Gateway.Devnet.Parts;

namespace Gateway.Devnet.Demo;

/// <summary>What the operating system says of a machine's process.</summary>
internal enum MachineState
{
    Unspecified = 0,
    Off = 1,
    Running = 2,
    Stopped = 3,
}

/// <summary>A VM of the story: a real child process that is really stopped and continued, by POSIX signals.</summary>
internal sealed class VirtualMachine(string name) : IDisposable
{
    /// <summary>A machine whose demo was killed ends by itself after this.</summary>
    private const string LifetimeSeconds = "900";

    private Process? _process;

    public string Name { get; } = name;

    /// <summary>Asked of the operating system, not remembered.</summary>
    public MachineState State
    {
        get
        {
            if (_process is null || _process.HasExited)
                return MachineState.Off;
            // "T" is stopped by a signal, whatever letters follow it.
            return StatusOf(_process.Id).StartsWith('T') ? MachineState.Stopped : MachineState.Running;
        }
    }

    /// <summary>Starts it, or lets it go on where it was stopped.</summary>
    public void Run()
    {
        if (_process is null || _process.HasExited)
            _process = Start("sleep", LifetimeSeconds);
        else
            Send("CONT");
    }

    /// <summary>Stops it in its tracks; nothing of it is lost.</summary>
    public void Pause() => Send("STOP");

    public void Terminate()
    {
        if (_process is null || _process.HasExited)
            return;
        _process.Kill();
        _process.WaitForExit();
    }

    public void Dispose()
    {
        Terminate();
        _process?.Dispose();
    }

    private void Send(string signal)
    {
        if (_process is not { HasExited: false })
            return;
        // The shell's own kill: it is there where no other is.
        using var shell = Start("sh", "-c", $"kill -{signal} {_process.Id}");
        shell.WaitForExit();
        if (shell.ExitCode != 0)
            throw new DevnetException($"{Name} does not take the signal {signal}.");
    }

    private static string StatusOf(int processId)
    {
        var file = $"/proc/{processId}/stat";
        // "id (name) state …", and the name may hold anything.
        if (File.Exists(file))
            return File.ReadAllText(file).Split(") ")[^1];
        using var ps = Start("ps", "-o", "stat=", "-p", $"{processId}");
        return ps.StandardOutput.ReadToEnd().Trim();
    }

    private static Process Start(string program, params string[] arguments) =>
        Process.Start(new ProcessStartInfo(program, arguments) { RedirectStandardOutput = true, UseShellExecute = false })
            ?? throw new DevnetException($"{program} does not start.");
}
