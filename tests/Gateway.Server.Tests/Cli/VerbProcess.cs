using System.Diagnostics;
using Xunit;

namespace Gateway.Server.Tests.Cli;

/// <summary>The executable as an engineer runs it.</summary>
internal static class VerbProcess
{
    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    /// <param name="gateway">The gRPC URL of the gateway that is asked.</param>
    public static async Task<(int ExitCode, string Output, string Errors)> RunAsync(Uri gateway, params string[] arguments)
    {
        var start = new ProcessStartInfo("dotnet", [Path.Combine(AppContext.BaseDirectory, "Gateway.Server.dll"), .. arguments, "--gateway", gateway.ToString()])
        {
            RedirectStandardOutput = true,
            RedirectStandardError = true,
            UseShellExecute = false,
        };
        using var process = Process.Start(start)!; // Null only with UseShellExecute.
        var (output, errors) = (process.StandardOutput.ReadToEndAsync(Cancellation), process.StandardError.ReadToEndAsync(Cancellation));
        await process.WaitForExitAsync(Cancellation);
        return (process.ExitCode, await output, await errors);
    }
}
