# Completion of quickreduce for PowerShell. The tool itself says what fits; where nothing does, files are completed.
Register-ArgumentCompleter -Native -CommandName quickreduce -ScriptBlock {
    param($wordToComplete, $commandAst, $cursorPosition)
    $start = $commandAst.Extent.StartOffset
    $line = $commandAst.ToString().PadRight($cursorPosition - $start)
    & $commandAst.CommandElements[0].Value "[suggest:$($cursorPosition - $start)]" $line 2>$null |
        Where-Object { $_ -and -not $_.StartsWith('/') } |
        ForEach-Object { [System.Management.Automation.CompletionResult]::new($_, $_, 'ParameterValue', $_) }
}
