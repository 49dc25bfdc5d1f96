using Gateway.Devnet.Parts;
using Xunit;

namespace Gateway.EndToEnd.Tests.Devnet;

/// <summary>What comes from npm: installed once, whole or not at all.</summary>
public sealed class PartsTests
{
    [Fact]
    public async Task Two_installs_at_once_end_in_one_whole_folder()
    {
        var cancellationToken = TestContext.Current.CancellationToken;
        var cache = Directory.CreateTempSubdirectory("gateway-parts-");
        try
        {
            List<string> told = [];
            var both = await Task.WhenAll(GetAsync(), GetAsync());

            Assert.Equal(both[0].AnvilExecutable, both[1].AnvilExecutable);
            Assert.Contains("anvil", await CommandLineTool.RunAsync(both[0].AnvilExecutable, ["--version"], cache.FullName, cancellationToken), StringComparison.Ordinal);
            Assert.Single(cache.EnumerateDirectories());
            Assert.Contains(told, text => text.Contains("npm", StringComparison.Ordinal));

            told.Clear();
            await GetAsync();
            Assert.Empty(told);

            Task<NpmParts> GetAsync() => NpmParts.GetAsync(cache.FullName, Tell, TimeProvider.System, cancellationToken);

            void Tell(string text)
            {
                lock (told)
                    told.Add(text);
            }
        }
        finally
        {
            cache.Delete(recursive: true);
        }
    }

    [Fact]
    public async Task An_install_that_is_interrupted_leaves_nothing_that_is_taken_for_whole()
    {
        var cache = Directory.CreateTempSubdirectory("gateway-parts-");
        try
        {
            using var interrupted = new CancellationTokenSource();

            await Assert.ThrowsAnyAsync<OperationCanceledException>(() =>
                NpmParts.GetAsync(cache.FullName, _ => interrupted.Cancel(), TimeProvider.System, interrupted.Token));

            Assert.Empty(cache.EnumerateDirectories());
        }
        finally
        {
            cache.Delete(recursive: true);
        }
    }

    [Theory]
    [InlineData("v20.11.1", 20)]
    [InlineData("v9.0.0", 9)]
    [InlineData("22.1", 22)]
    [InlineData("what", null)]
    public void The_major_version_of_node_is_read(string version, int? major) => Assert.Equal(major, Node.MajorOf(version));

    [Fact]
    public async Task A_program_that_is_not_there_is_named()
    {
        var failure = await Assert.ThrowsAsync<DevnetException>(() =>
            CommandLineTool.RunAsync("no-such-program", [], Path.GetTempPath(), TestContext.Current.CancellationToken));

        Assert.Contains("'no-such-program' is not on this machine's path", failure.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task What_a_failing_program_said_is_passed_on()
    {
        var failure = await Assert.ThrowsAsync<DevnetException>(() =>
            CommandLineTool.RunAsync("sh", ["-c", "echo out; echo err >&2; exit 3"], Path.GetTempPath(), TestContext.Current.CancellationToken));

        Assert.Contains("failed (3)", failure.Message, StringComparison.Ordinal);
        Assert.Contains("err", failure.Message, StringComparison.Ordinal);
        Assert.Contains("out", failure.Message, StringComparison.Ordinal);
    }
}
