using System.CommandLine;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;

namespace Channels.Kestrel;

/// <summary>Writes the contract of the program's sockets into files, or says which of them no longer tell the truth.</summary>
internal sealed class ContractVerb : HostVerb
{
    private const string Check = "check";

    public override string Name => "contract";

    public override string Summary => "write what clients may send, and what they get, into files";

    public override async Task<int> RunAsync(HostVerbContext context, CancellationToken cancellationToken)
    {
        var services = context.Host.Services;
        var exporter = services.GetService<IContractExporter>()
            ?? throw new InvalidOperationException("Nobody knows how to write contracts here: call services.AddSocketRouter() of Channels.SocketRouter.");
        var root = context.Host.GetRoot();
        ApplicationTree.Prepare(root, services);
        if (services.GetService<IConfiguration>()?[Check] is { Length: > 0 } known)
        {
            return await CheckAsync(context, known, exporter.Export(root, services, Path.GetExtension(known)), cancellationToken);
        }

        if (context.Arguments.Count == 0)
        {
            throw new ArgumentException("Name the files to write: client.ts for TypeScript, client.json for AsyncAPI.");
        }

        foreach (var file in context.Arguments)
        {
            var contract = exporter.Export(root, services, Path.GetExtension(file)); // before the file is touched
            await File.WriteAllTextAsync(file, contract, cancellationToken);
            await context.Output.WriteLineAsync(file);
        }

        return 0;
    }

    internal override void Describe(Command command)
    {
        command.Add(new Argument<string[]>("FILE") { Arity = ArgumentArity.ZeroOrMore, Description = "what to write: .ts for TypeScript, .json for AsyncAPI 3" });
        command.Add(new Option<string>($"--{Check}") { HelpName = "FILE", Description = "writes nothing; fails when the file is not what would be written" });
    }

    private static async Task<int> CheckAsync(HostVerbContext context, string file, string contract, CancellationToken cancellationToken)
    {
        var written = File.Exists(file) ? (await File.ReadAllTextAsync(file, cancellationToken)).ReplaceLineEndings("\n") : null;
        if (written == contract)
        {
            return 0;
        }

        var place = written is null ? "it does not exist" : $"line {FirstDifference(written, contract)} differs";
        await context.Error.WriteLineAsync($"{file} is not what the program does: {place}. Write it again: contract {file}");
        return 1;
    }

    private static int FirstDifference(string written, string contract) =>
        written.Split('\n').Zip(contract.Split('\n')).TakeWhile(lines => lines.First == lines.Second).Count() + 1;
}
