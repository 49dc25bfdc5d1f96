using Gateway.Devnet.Parts;
using Xunit;

namespace Gateway.EndToEnd.Tests.Stories;

public sealed class DemoTests
{
    [Fact]
    public async Task The_demo_confirms_every_step_on_chain()
    {
        var devnet = Path.Combine(AppContext.BaseDirectory, "Gateway.Devnet.dll");

        // Fails with what it said where its exit code is not 0.
        var output = await CommandLineTool.RunAsync("dotnet", [devnet, "demo"], AppContext.BaseDirectory, TestContext.Current.CancellationToken);

        Assert.Contains("Every step was confirmed on chain.", output, StringComparison.Ordinal);
        Assert.DoesNotContain("✗", output, StringComparison.Ordinal);
    }
}
