using Gateway.Chain.Signing;
using Gateway.Server.Configuration;
using Gateway.Server.Settlement;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Options;
using Xunit;

namespace Gateway.Server.Tests.Settlement;

public sealed class OperatorKeyTests : IDisposable
{
    private const string RawKey = "0x4c0883a69102937d6231471b5dbb6204fe5129617082792ae468d01a3f362318";
    private static readonly string AddressOfKey = new PrivateKeySigner(Convert.FromHexString(RawKey[2..])).Address.ToString();

    private readonly DirectoryInfo _folder = Directory.CreateTempSubdirectory("gateway-key-");
    private readonly Lines _log = new();

    public void Dispose() => _folder.Delete(recursive: true);

    [Fact]
    public void A_keystore_opens_with_the_first_line_of_its_password_file_and_nothing_is_said_about_it()
    {
        var signer = Open(keystore: Keystore(), password: File("password", "correct horse\r\nsomething else\n"));

        Assert.Equal(AddressOfKey, signer.Address.ToString());
        Assert.Empty(_log.All);
    }

    [Fact]
    public void A_raw_key_works_with_a_loud_warning_that_does_not_show_it()
    {
        var signer = Open(privateKey: RawKey);

        Assert.Equal(AddressOfKey, signer.Address.ToString());
        var warning = Assert.Single(_log.All);
        Assert.Contains(AddressOfKey, warning, StringComparison.Ordinal);
        Assert.DoesNotContain(RawKey[2..], warning, StringComparison.OrdinalIgnoreCase);
    }

    [Fact]
    public void A_wrong_password_is_a_problem_of_the_configuration_with_the_options_key()
    {
        var line = ProblemOf(() => Open(keystore: Keystore(), password: File("password", "wrong")));

        Assert.StartsWith("Gateway:Operator:KeystorePath: ", line, StringComparison.Ordinal);
        Assert.DoesNotContain("wrong", line[line.IndexOf("does not open", StringComparison.Ordinal)..], StringComparison.Ordinal);
    }

    [Fact]
    public void A_file_that_is_no_keystore_is_named() =>
        Assert.Contains("keystore.json", ProblemOf(() => Open(keystore: File("keystore.json", "{}"), password: File("password", "x"))), StringComparison.Ordinal);

    [Fact]
    public void A_password_file_that_cannot_be_read_is_named() =>
        Assert.StartsWith(
            "Gateway:Operator:PasswordFile: ", ProblemOf(() => Open(keystore: Keystore(), password: Path.Combine(_folder.FullName, "none"))), StringComparison.Ordinal);

    [Theory]
    [InlineData("0x0000000000000000000000000000000000000000000000000000000000000000")]
    [InlineData("0xffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff")]
    public void A_raw_key_outside_the_curve_is_refused_and_not_shown(string key)
    {
        var line = ProblemOf(() => Open(privateKey: key));

        Assert.Equal("Gateway:Operator:PrivateKey: is not a secp256k1 key.", line);
    }

    private ITransactionSigner Open(string? keystore = null, string? password = null, string? privateKey = null) => new OperatorKey(
        Options.Create(new OperatorOptions { KeystorePath = keystore, PasswordFile = password }),
        Options.Create(new OperatorSecrets { PrivateKey = privateKey }),
        _log).Open();

    private static string ProblemOf(Func<ITransactionSigner> open)
    {
        var failure = Assert.Throws<OptionsValidationException>(() => { open(); });
        return Assert.Single(ConfigurationFailure.LinesOf(failure)!);
    }

    // The least cost: what is tested is not scrypt.
    private string Keystore() => File("operator.json", KeystoreV3.Encrypt(Convert.FromHexString(RawKey[2..]), "correct horse", scryptN: 2));

    private string File(string name, string content)
    {
        var path = Path.Combine(_folder.FullName, name);
        System.IO.File.WriteAllText(path, content);
        return path;
    }

    private sealed class Lines : ILogger<OperatorKey>
    {
        public List<string> All { get; } = [];

        public IDisposable? BeginScope<TState>(TState state)
            where TState : notnull => null;

        public bool IsEnabled(LogLevel logLevel) => true;

        public void Log<TState>(LogLevel logLevel, EventId eventId, TState state, Exception? exception, Func<TState, Exception?, string> formatter) =>
            All.Add($"{logLevel}: {formatter(state, exception)}");
    }
}
