using System.ComponentModel;
using System.Diagnostics;
using System.Text;

namespace Gateway.Devnet.Parts;

/// <summary>Runs a program of this machine to its end.</summary>
internal static class CommandLineTool
{
    /// <returns>What it wrote to its standard output.</returns>
    /// <exception cref="DevnetException">It is not there, or it failed; with what it said.</exception>
    public static async Task<string> RunAsync(string program, IEnumerable<string> arguments, string folder, CancellationToken cancellationToken)
    {
        var start = new ProcessStartInfo(program, arguments)
        {
            WorkingDirectory = folder,
            RedirectStandardInput = true,
            RedirectStandardOutput = true,
            RedirectStandardError = true,
            UseShellExecute = false,
        };
        using var process = Start(start);
        process.StandardInput.Close();
        var output = process.StandardOutput.ReadToEndAsync(cancellationToken);
        var errors = new StringBuilder();
        process.ErrorDataReceived += (_, line) => errors.AppendLine(line.Data);
        process.BeginErrorReadLine();
        try
        {
            var text = await output;
            await process.WaitForExitAsync(cancellationToken);
            return process.ExitCode == 0
                ? text
                : throw new DevnetException($"'{program} {string.Join(' ', start.ArgumentList)}' failed ({process.ExitCode}):\n{errors}{text}");
        }
        finally
        {
            // Cancelled in the middle: nothing may go on writing into a folder that is about to be removed.
            if (!process.HasExited)
                process.Kill(entireProcessTree: true);
        }
    }

    private static Process Start(ProcessStartInfo start)
    {
        try
        {
            return Process.Start(start)!; // Null only with UseShellExecute.
        }
        catch (Win32Exception e)
        {
            throw new DevnetException($"'{start.FileName}' is not on this machine's path.", e);
        }
    }
}
