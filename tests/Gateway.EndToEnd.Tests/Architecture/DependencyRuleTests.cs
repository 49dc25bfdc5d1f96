using System.Reflection;
using System.Xml.Linq;
using Gateway.Domain.Identity;
using Gateway.EndToEnd.Tests.Gateways;
using Xunit;
using static ArchUnitNET.Fluent.ArchRuleDefinition;

namespace Gateway.EndToEnd.Tests.Architecture;

/// <summary>Arrows point down only (src/README.md). Checked twice: what the projects may see, and what the compiled types really use.</summary>
public sealed class DependencyRuleTests
{
    private static readonly Dictionary<string, string[]> Allowed = new(StringComparer.Ordinal)
    {
        ["Gateway.Domain"] = [],
        ["Gateway.Chain"] = ["Gateway.Domain"],
        ["Gateway.Client"] = [],
        ["Gateway.Server"] = ["Gateway.Domain", "Gateway.Chain", "Gateway.Client"],
        ["Gateway.Devnet"] = ["Gateway.Server", "Gateway.Client", "Gateway.Chain", "Gateway.Domain"],
    };

    private static readonly ArchUnitNET.Domain.Architecture Compiled = new ArchUnitNET.Loader.ArchLoader()
        .LoadAssemblies([.. Allowed.Keys.Select(Assembly.Load)])
        .Build();

    [Fact]
    public void Every_source_project_is_covered_by_the_rule()
    {
        var projects = Directory.GetDirectories(Path.Combine(RepositoryRoot.Find(), "src"), "Gateway.*").Select(Path.GetFileName);

        Assert.Equal(Allowed.Keys.Order(StringComparer.Ordinal), projects.Order(StringComparer.Ordinal));
    }

    [Theory]
    [InlineData("Gateway.Domain")]
    [InlineData("Gateway.Chain")]
    [InlineData("Gateway.Client")]
    [InlineData("Gateway.Server")]
    [InlineData("Gateway.Devnet")]
    public void A_project_references_only_what_stands_below_it(string project)
    {
        var file = XDocument.Load(Path.Combine(RepositoryRoot.Find(), "src", project, project + ".csproj"));
        var references = file.Descendants("ProjectReference").Select(r => Path.GetFileNameWithoutExtension(r.Attribute("Include")!.Value)).ToList();

        Assert.All(references, reference => Assert.Contains(reference, Allowed[project]));
    }

    [Fact]
    public void The_domain_has_no_package()
    {
        var file = XDocument.Load(Path.Combine(RepositoryRoot.Find(), "src", "Gateway.Domain", "Gateway.Domain.csproj"));

        Assert.Empty(file.Descendants("PackageReference"));
    }

    [Theory]
    [InlineData("Gateway.Domain")]
    [InlineData("Gateway.Chain")]
    [InlineData("Gateway.Client")]
    [InlineData("Gateway.Server")]
    public void No_type_uses_one_from_above(string project)
    {
        var forbidden = Allowed.Keys.Where(other => other != project && !Allowed[project].Contains(other)).Select(Assembly.Load).ToArray();
        var rule = Types().That().ResideInAssembly(Assembly.Load(project))
            .Should().NotDependOnAny(Types().That().ResideInAssembly(forbidden[0], forbidden[1..]))
            .WithoutRequiringPositiveResults();

        Assert.True(rule.HasNoViolations(Compiled), string.Join('\n', rule.Evaluate(Compiled).Where(e => !e.Passed).Select(e => e.Description)));
    }

    [Fact]
    public void The_domain_does_no_io_and_reads_no_clock()
    {
        var domain = typeof(Address).Assembly;
        string[] io = ["System.Net", "System.IO.FileSystem", "System.Net.Http", "System.Net.Sockets", "Microsoft.Extensions", "StackExchange.Redis"];
        var referenced = domain.GetReferencedAssemblies().Select(a => a.Name!).ToList();

        Assert.All(referenced, name => Assert.DoesNotContain(io, forbidden => name.StartsWith(forbidden, StringComparison.Ordinal)));
    }
}
