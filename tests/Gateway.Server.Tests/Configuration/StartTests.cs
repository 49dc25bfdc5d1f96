using Xunit;

namespace Gateway.Server.Tests.Configuration;

public sealed class StartTests
{
    [Fact]
    public async Task A_configuration_that_cannot_work_is_refused_with_every_problem_at_once()
    {
        using var errors = new StringWriter();
        string[] args = ["--Gateway:Policy:PauseMargin=00:00:00", "--Gateway:Breakers:UncertainLooks=1", "--Gateway:Chain:ChainId=0"];
        var exitCode = await GatewayApplication.RunAsync(args, errors);

        Assert.Equal(2, exitCode);
        Assert.Contains("Gateway:Policy:PauseMargin", errors.ToString(), StringComparison.Ordinal);
        Assert.Contains("Gateway:Breakers:UncertainLooks", errors.ToString(), StringComparison.Ordinal);
        Assert.Contains("Gateway:Chain:ChainId", errors.ToString(), StringComparison.Ordinal);
        Assert.Contains("Gateway:Chain:Endpoints", errors.ToString(), StringComparison.Ordinal);
        Assert.DoesNotContain("   at ", errors.ToString(), StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_value_of_the_wrong_form_is_named_by_its_key()
    {
        using var errors = new StringWriter();
        var exitCode = await GatewayApplication.RunAsync(["--Gateway:Policy:PauseMargin=soon"], errors);

        Assert.Equal(2, exitCode);
        Assert.Contains("PauseMargin", errors.ToString(), StringComparison.Ordinal);
    }
}
